import { readFile } from 'node:fs/promises';
import { sleep } from '../backoff.ts';
import { findProgram, type ProgramResult, runProgram } from '../run-program.ts';

/** Names that Linux takes and that are safe in every file name and configuration text. */
export const INTERFACE_NAME = /^[a-zA-Z][a-zA-Z0-9_-]{0,14}$/;

/** Runs `ip` (iproute2) with these arguments. */
export async function runIp(args: string[]): Promise<ProgramResult> {
  const path = findProgram('ip');
  if (path === null) throw new Error('the program "ip" is missing: install the package iproute2');
  return runProgram({ path, args });
}

/** Whether the interface exists in this process's network namespace; /sys may show another one. */
export async function hasInterface(interfaceName: string): Promise<boolean> {
  const table = await readFile('/proc/self/net/dev', 'utf8');
  return table.split('\n').some((line) => line.trimStart().startsWith(`${interfaceName}:`));
}

/** Deletes the interface and waits until it is gone; fine when it never was. Throws when it is still there after 3 s. */
export async function deleteInterface(interfaceName: string): Promise<void> {
  for (let wait = 0; wait < 60; wait += 1) {
    if (!(await hasInterface(interfaceName))) return;
    if (wait % 10 === 0) await runIp(['link', 'delete', 'dev', interfaceName]);
    await sleep(50);
  }
  throw new Error(`interface ${interfaceName} cannot be removed`);
}
