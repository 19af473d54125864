import { registerHooks } from 'node:module';

/** `node --import …/register.ts main.ts`: whoever imports `electron` gets the host. */
const host = new URL('./module.ts', import.meta.url).href;
registerHooks({
  resolve(specifier, context, next) {
    return specifier === 'electron'
      ? { url: host, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context);
  },
});
