import { findProgram, type ProgramResult, runProgram } from '../src-node/run-program.ts';

function nft(args: string[], stdin: string): Promise<ProgramResult> {
  const path = findProgram('nft');
  if (path === null) throw new Error('the program "nft" is missing: install the package nftables');
  return runProgram({ path, args, stdin });
}

/** The agent's own table, one for each tunnel. */
export function tableName(interfaceName: string): string {
  return `postern_${interfaceName.replaceAll('-', '_')}`;
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

/** Everything that the kernel filters by, as JSON. Throws what `nft` says. */
export async function listRuleset(): Promise<string> {
  const result = await nft(['-j', 'list', 'ruleset'], '');
  if (!result.ok) throw new Error(`nftables cannot be read: ${result.message}`);
  return result.stdout;
}
