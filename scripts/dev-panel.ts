import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import path from 'node:path';
import { Command } from 'commander';
import { parse } from 'smol-toml';
import { createServer } from 'vite';
import * as z from 'zod';
import { checkout } from '../lab/stack/folders.ts';
import { PANEL_API } from '../src-shared/panel/session.ts';

/**
 * `npm run dev:panel`: the Control Panel's page from its sources, reloading by itself, before a real server: the one of
 * `npm run dev:server`, or with `--server URL --ca FILE` another, such as that of `npm run stack`.
 */
const folder = path.join(checkout, '.postern/dev');
const { server, ca } = new Command('npm run dev:panel --')
  .option('--server <url>', 'control server (default: the one of npm run dev:server)', issuerOfDevServer())
  .option('--ca <file>', 'its certificate authority', path.join(folder, 'ca.pem'))
  .parse()
  .opts<{ server?: string; ca: string }>();
if (server === undefined || !existsSync(ca)) {
  console.error(
    "There is no server to show. Run 'npm run dev:server' beside this, or give --server and --ca.",
  );
  process.exit(69);
}

function issuerOfDevServer(): string | undefined {
  const file = path.join(folder, 'server.toml');
  if (!existsSync(file)) return undefined;
  return z.object({ issuer: z.url() }).parse(parse(readFileSync(file, 'utf8'))).issuer;
}

const page = await createServer({
  configFile: path.join(checkout, 'src-panel/vite.config.ts'),
  logLevel: 'warn',
  server: {
    proxy: {
      [`^(${PANEL_API}|/openapi.json|/healthz)`]: {
        target: server,
        changeOrigin: true,
        // The server takes changes from its own page only, and this page stands for it.
        headers: { origin: new URL(server).origin },
        agent: new Agent({ ca: readFileSync(ca, 'utf8'), keepAlive: true }),
      },
    },
  },
});
await page.listen();
console.log(`Control Panel at ${page.resolvedUrls?.local[0]}, before ${server}. It reloads by itself.`);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void page.close().then(() => process.exit()));
