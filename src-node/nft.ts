import { findProgram, type ProgramResult, runProgram } from './run-program.ts';

export function hasNft(): boolean {
  return findProgram('nft') !== null;
}

/** Absolute. Throws, with the package to install, when it is not there. */
export function nftPath(): string {
  const path = findProgram('nft');
  if (path === null) throw new Error('the program "nft" is missing: install the package nftables');
  return path;
}

async function nft(args: string[], stdin: string): Promise<ProgramResult> {
  return runProgram({ path: nftPath(), args, stdin });
}

/** One transaction for the kernel's packet filter: all of it or nothing. Throws what `nft` says. */
export async function runNft(script: string): Promise<void> {
  const result = await nft(['-f', '-'], script);
  if (!result.ok) throw new Error(`nftables refused the rules: ${result.message}`);
}

/** A table of the family inet as `nft` prints it; empty when there is none. */
export async function listTable(name: string): Promise<string> {
  const result = await nft(['list', 'table', 'inet', name], '');
  return result.ok ? result.stdout : '';
}

/** The same without what its sets hold, with its rules as they were made, counters left out: one text as long as nobody changes it. */
export async function listRules(table: string): Promise<string> {
  const result = await nft(['-s', '-t', 'list', 'table', 'inet', table], '');
  return result.ok ? result.stdout : '';
}

/** Everything that the kernel filters by, as JSON, without what sets hold: that may be much. Throws what `nft` says. */
export async function listRuleset(): Promise<string> {
  const result = await nft(['-j', '-t', 'list', 'ruleset'], '');
  if (!result.ok) throw new Error(`nftables cannot be read: ${result.message}`);
  return result.stdout;
}
