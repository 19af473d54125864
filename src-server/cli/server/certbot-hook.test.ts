import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePair } from '../../testing/certificate-pair.ts';
import { freePort, ServerFolder } from '../../testing/server-folder.ts';

let folder: ServerFolder;
let port: number;
beforeEach(async () => {
  folder = await ServerFolder.initialised();
  port = await freePort();
});
afterEach(() => folder.remove());

/** The hook of docs/operations.md, with the paths and the user of this test in place of an installation's. */
function hook(lineage: string): string {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8');
  const [, script = ''] = /hooks\/deploy\/postern <<'SH'\n([\s\S]*?)^SH$/m.exec(page) ?? [];
  expect(script).toContain('/var/lib/postern/tls');
  return script
    .replaceAll('/etc/letsencrypt/live/vpn.example.com', lineage)
    .replaceAll('/var/lib/postern/tls', join(folder.path, 'tls'))
    .replaceAll('-o postern -g postern', '-o "$(id -u)" -g "$(id -g)"');
}

/** As certbot keeps it: `live` links to the newest files of `archive`. */
function renew(name: string, version: number): string {
  const [live, archive] = ['live', 'archive'].map((kind) => join(folder.path, 'letsencrypt', kind, name));
  if (!live || !archive) throw new Error('no folders');
  for (const each of [live, archive]) mkdirSync(each, { recursive: true });
  const { cert, key } = makePair({ name: 'localhost', days: 90 });
  for (const [file, text] of [
    ['fullchain', cert],
    ['privkey', key],
  ] as const) {
    writeFileSync(join(archive, `${file}${version}.pem`), text, { mode: 0o600 });
    rmSync(join(live, `${file}.pem`), { force: true });
    symlinkSync(`../../archive/${name}/${file}${version}.pem`, join(live, `${file}.pem`));
  }
  return live;
}

function deploy(script: string, lineage: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, RENEWED_LINEAGE: lineage },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

async function serialNow(): Promise<string | undefined> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const serial = socket.getPeerX509Certificate()?.serialNumber;
  socket.destroy();
  return serial;
}

test("certbot's hook gives each renewal of this name to the running server, and no other one", async () => {
  const lineage = renew('vpn.example.com', 1);
  mkdirSync(join(folder.path, 'tls'), { mode: 0o700 });
  deploy(hook(lineage), lineage);
  folder.writeConfig({ host: '127.0.0.1', port });
  const text = readFileSync(folder.config, 'utf8');
  writeFileSync(
    folder.config,
    text.replace('"tls.crt"', '"tls/fullchain.pem"').replace('"tls.key"', '"tls/key.pem"'),
  );
  const { child } = await folder.start();
  const first = await serialNow();

  const inUse = () => readFileSync(join(folder.path, 'tls/fullchain.pem'), 'utf8');
  const before = inUse();
  deploy(hook(lineage), renew('other.example.com', 1));
  renew('vpn.example.com', 2);
  expect(inUse()).toBe(before);

  deploy(hook(lineage), lineage);
  // Instead of waiting until it looks by itself.
  child.kill('SIGHUP');
  await expect.poll(serialNow, { timeout: 15_000 }).not.toBe(first);
  for (const name of ['key.pem', 'fullchain.pem'])
    expect(statSync(join(folder.path, 'tls', name)).mode & 0o777).toBe(0o600);
}, 60_000);
