import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeCertificates } from '../lab/stack/certificate-authority.ts';
import { type Account, setUpControlServer } from '../lab/stack/control-server.ts';
import { checkout, ownPrograms } from '../lab/stack/folders.ts';
import { takeProcessLock } from '../lab/stack/process-lock.ts';

/**
 * `npm run dev:server`: a control server of its own in `.postern/dev`, kept from one run to the next, that restarts
 * when a file that it loads changes. Without gateway and laptop; `npm run stack` has those.
 */
const folder = path.join(checkout, '.postern/dev');
const accountFile = path.join(folder, 'admin.json');
/** Nobody listens there: mails wait, as they do for a mail server that is away. */
const MAIL = { host: '127.0.0.1', port: 2525 };

mkdirSync(folder, { recursive: true, mode: 0o700 });
const own = takeProcessLock(path.join(folder, 'server.lock'));
if (!own.isHeld) {
  console.error(`A development server runs already (pid ${own.holder}).`);
  process.exit(69);
}
const certificates = await makeCertificates(folder, path.join(folder, 'ca.pem'), '127.0.0.1');
const setUp = await setUpControlServer(folder, '127.0.0.1', certificates, MAIL, {
  programs: ownPrograms,
  hasCheapHashes: false,
});
if (!existsSync(accountFile)) {
  const made: Account = await setUp.init('admin@example.com', 'Ada Admin');
  writeFileSync(accountFile, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
}
console.log(`${setUp.url}, with the authority in ${certificates.caFile}. Sign in with this:`);
console.log(readFileSync(accountFile, 'utf8'));
console.log(
  `'rm -r ${path.relative(process.cwd(), folder)}' begins anew. 'npm run dev:panel' shows its page.`,
);

const entry = path.join(checkout, 'src-server/cli.ts');
const config = path.join(folder, 'server.toml');
const args = ['--watch', '--watch-preserve-output', entry, 'start', '--config', config];
const server = spawn(process.execPath, args, { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal));
server.once('exit', (code) => process.exit(code ?? 1));
