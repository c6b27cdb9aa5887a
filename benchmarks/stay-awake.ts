/**
 * Keeps the event loop turning, until the function that is returned is called: that tells for how long there was nothing to do, ms. A client that sleeps has
 * to be woken by the server, which takes a server on the same virtual machine as long as a good part of its work, and one whose clients are elsewhere no time.
 *
 * @param done - how much has been done so far.
 */
export function stayAwake(done: () => number): () => number {
  let awake = true;
  let idleMs = 0;
  let [last, doneBefore] = [performance.now(), done()];
  const turn = () => {
    const [now, doneNow] = [performance.now(), done()];
    if (doneNow === doneBefore) idleMs += now - last;
    [last, doneBefore] = [now, doneNow];
    if (awake) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    awake = false;
    return idleMs;
  };
}
