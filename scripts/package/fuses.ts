import { readFile } from 'node:fs/promises';
import {
  type FuseConfig,
  FuseState,
  FuseV1Options,
  FuseVersion,
  flipFuses,
  getCurrentFuseWire,
  pathToFuseFile,
} from '@electron/fuses';

/** Stands before the wire in every Electron (electron/fuses: docs/tutorial/fuses.md). */
export const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';

/** Every fuse of Electron 45, on or off; none is left to a default (checklist lines 28 to 30 of the security rules). */
export const fuses = {
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
} as const satisfies Record<FuseV1Options, boolean>;

/** What `flipFuses` takes. An Electron with a fuse that is not named above is refused. */
export function fuseConfig(platform: string, arch: string): FuseConfig {
  return {
    version: FuseVersion.V1,
    strictlyRequireAllFuses: true,
    // A changed binary does not start on Apple silicon until it is signed again, if only ad hoc.
    resetAdHocDarwinSignature: platform === 'darwin' && arch === 'arm64',
    ...fuses,
  };
}

/** The wire as it must stand in the binary: one character for each fuse, '1' on, '0' off. */
export function expectedWire(): string {
  return Object.entries(fuses)
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, isOn]) => (isOn ? '1' : '0'))
    .join('');
}

/** The wire that stands in an Electron (binary, .exe or .app). Throws when it has none. */
export async function readWire(electron: string): Promise<string> {
  const file = await readFile(pathToFuseFile(electron));
  const sentinel = file.indexOf(SENTINEL);
  if (sentinel < 0) throw new Error(`${electron} has no fuse wire: it is no Electron`);
  const length = file[sentinel + SENTINEL.length + 1] ?? 0;
  const begin = sentinel + SENTINEL.length + 2;
  return file.toString('latin1', begin, begin + length);
}

/** Flips the fuses of a packaged app and reads the artefact again. Throws unless every fuse stands as `fuses` says. */
export async function flipAndReadBack(electron: string, platform: string, arch: string): Promise<string> {
  // The library would write over a fuse that this Electron has given up, and say that it worked.
  const before = await readWire(electron);
  if (!/^[01]+$/.test(before)) throw new Error(`${electron}: a fuse is gone from the wire ${before}`);
  await flipFuses(electron, fuseConfig(platform, arch));
  const wire = await readWire(electron);
  if (wire !== expectedWire())
    throw new Error(`${electron}: the fuses are ${wire}, expected ${expectedWire()}`);
  // The same once more through the library, which knows where each fuse stands in the wire.
  const states = await getCurrentFuseWire(electron);
  for (const [fuse, isOn] of Object.entries(fuses)) {
    const state = states[Number(fuse) as FuseV1Options];
    if (state !== (isOn ? FuseState.ENABLE : FuseState.DISABLE))
      throw new Error(`${electron}: fuse ${fuse} is ${state}`);
  }
  return wire;
}
