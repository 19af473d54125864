/** What `evaluate` hands to a function, as Playwright does for real Electron: the electron module. */
let electron: object = {};

export function offerElectron(module: object): void {
  electron = module;
}

/** Runs a function's source with the electron module and `argument`: only who started this process can ask for it. */
export async function answerEvaluate(source: string, argument: unknown): Promise<unknown> {
  const run: unknown = new Function(`return (${source});`)();
  if (typeof run !== 'function') throw new Error('not a function');
  return run(electron, argument);
}
