import { findProgram, runProgram } from '../src-node/run-program.ts';

/** One transaction for the kernel's packet filter: all of it or nothing. Throws what `nft` says. */
export async function runNft(script: string): Promise<void> {
  const path = findProgram('nft');
  if (path === null) throw new Error('the program "nft" is missing: install the package nftables');
  const result = await runProgram({ path, args: ['-f', '-'], stdin: script });
  if (!result.ok) throw new Error(`nftables refused the rules: ${result.message}`);
}
