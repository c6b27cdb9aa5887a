import * as nodeModule from 'node:module';

/** Whether a package can be made to be missing: `module.registerHooks` is in Node 22.15 and newer. Where it is not, those tests are left out. */
export const canHidePackages = 'registerHooks' in nodeModule;

/**
 * Lets a package be missing: nothing finds it any more, by `import` or by `require`. Returns what brings it back. `broken`: it is there, and this is what
 * comes of loading it.
 */
export function withoutPackage(name: string, broken?: Error): () => void {
  const folder = `/node_modules/${name}/`;
  const hooks = nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier !== name && !specifier.startsWith(`${name}/`) && !specifier.includes(folder)) {
        return nextResolve(specifier, context);
      }
      if (broken !== undefined) throw broken;
      const required = context.conditions.includes('require');
      throw Object.assign(new Error(`Cannot find package '${name}' imported from ${context.parentURL}`), {
        code: required ? 'MODULE_NOT_FOUND' : 'ERR_MODULE_NOT_FOUND',
      });
    },
  });
  return () => hooks.deregister();
}
