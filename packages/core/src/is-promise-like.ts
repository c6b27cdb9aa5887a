/** Whether a value is still to come. What is known at once is not awaited: every await costs a turn of the queue. */
export function isPromiseLike<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && 'then' in value;
}
