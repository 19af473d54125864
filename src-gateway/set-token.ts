import { writeFileAtomic } from '../src-node/atomic-file.ts';
import { findProgram, runProgram } from '../src-node/run-program.ts';
import { loadGatewayConfig } from './config.ts';

export const TOKEN_SHAPE = /^[A-Za-z0-9_-]{20,200}$/;
const UNIT = 'postern-gateway.service';

export type TokenSet =
  | { ok: true; tokenFile: string; isReloaded: boolean }
  | { ok: false; mistakes: string[] };

/**
 * Puts a new token in the place of the old one and has the running agent come with it. `isReloaded`: systemd runs the
 * agent and has told it; else somebody has to (SIGHUP).
 */
export async function setToken(configFile: string, token: string): Promise<TokenSet> {
  if (!TOKEN_SHAPE.test(token))
    return {
      ok: false,
      mistakes: ['token: expected the token that "postern-server gateway token" has shown'],
    };
  const loaded = loadGatewayConfig(configFile, process.env);
  if (!loaded.ok) return loaded;
  const { tokenFile } = loaded.value;
  if (tokenFile === undefined)
    return {
      ok: false,
      mistakes: [`the token stands in ${configFile} itself: put it there, then systemctl reload ${UNIT}`],
    };
  await writeFileAtomic(tokenFile, `${token}\n`);
  return { ok: true, tokenFile, isReloaded: await reloadUnit() };
}

async function reloadUnit(): Promise<boolean> {
  const path = findProgram('systemctl');
  if (path === null) return false;
  const run = (...args: string[]) => runProgram({ path, args: [...args, UNIT], timeoutMs: 10_000 });
  const active = await run('is-active', '--quiet');
  return active.ok && (await run('reload')).ok;
}
