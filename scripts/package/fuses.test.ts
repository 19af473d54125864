import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FuseV1Options } from '@electron/fuses';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectedWire, flipAndReadBack, fuseConfig, fuses, readWire, SENTINEL } from './fuses.ts';

/** As Electron 45 ships: RunAsNode on, and so forth. */
const FRESH_WIRE = '101100011';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-fuses-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function electronWith(wire: string): string {
  const file = path.join(folder, 'electron');
  const head = Buffer.concat([Buffer.from(`code ${SENTINEL}`), Buffer.from([1, wire.length])]);
  writeFileSync(file, Buffer.concat([head, Buffer.from(`${wire} more code`)]));
  return file;
}

describe('checklist', () => {
  test('28: the program cannot be turned into a Node, by variable or argument', () => {
    expect(fuses[FuseV1Options.RunAsNode]).toBe(false);
    expect(fuses[FuseV1Options.EnableNodeOptionsEnvironmentVariable]).toBe(false);
    expect(fuses[FuseV1Options.EnableNodeCliInspectArguments]).toBe(false);
  });

  test('29: it loads its code from the checked archive alone, and no file page has privileges', () => {
    expect(fuses[FuseV1Options.EnableEmbeddedAsarIntegrityValidation]).toBe(true);
    expect(fuses[FuseV1Options.OnlyLoadAppFromAsar]).toBe(true);
    expect(fuses[FuseV1Options.GrantFileProtocolExtraPrivileges]).toBe(false);
    expect(fuses[FuseV1Options.EnableCookieEncryption]).toBe(true);
  });

  test('30: the defaults are stated, every fuse is required, and the wire of a flipped program is the expected one', async () => {
    expect(fuses[FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]).toBe(false);
    expect(fuses[FuseV1Options.WasmTrapHandlers]).toBe(true);
    expect(fuseConfig('linux', 'x64').strictlyRequireAllFuses).toBe(true);
    const electron = electronWith(FRESH_WIRE);
    expect(await readWire(electron)).toBe(FRESH_WIRE);
    expect(await flipAndReadBack(electron, 'linux', 'x64')).toBe('010011001');
    expect(await readWire(electron)).toBe('010011001');
    expect(expectedWire()).toBe('010011001');
  });
});

test('an Electron with a fuse that the configuration does not name is refused', async () => {
  await expect(flipAndReadBack(electronWith(`${FRESH_WIRE}1`), 'linux', 'x64')).rejects.toThrow(
    /strictlyRequire/,
  );
});

test('an Electron that has lost a fuse is refused', async () => {
  await expect(flipAndReadBack(electronWith('r01100011'), 'linux', 'x64')).rejects.toThrow(/gone/);
});

test('a program without a wire is refused', async () => {
  const file = path.join(folder, 'electron');
  writeFileSync(file, 'no Electron');
  await expect(readWire(file)).rejects.toThrow(/no fuse wire/);
});

test('only Apple silicon needs its signature made again', () => {
  expect(fuseConfig('darwin', 'arm64').resetAdHocDarwinSignature).toBe(true);
  expect(fuseConfig('darwin', 'x64').resetAdHocDarwinSignature).toBe(false);
  expect(fuseConfig('linux', 'arm64').resetAdHocDarwinSignature).toBe(false);
});
