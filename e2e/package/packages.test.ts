import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectArchive } from '../../scripts/package/archive-contents.ts';
import { expectedWire, readWire } from '../../scripts/package/fuses.ts';
import { fingerprint } from '../../src-node/fingerprint.ts';
import { type BuiltPackages, buildPackages } from './build-packages.ts';
import { PackageLab } from './package-lab.ts';

const SERVER = 'https://vpn.example.com';
const KEY = `${SERVER}#ed25519=${Buffer.alloc(32, 7).toString('base64url')}`;

/** A package brings a group and files of other owners: one mapped user, as in a user namespace, cannot have those. */
const isRealRoot = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));

/** Inside the folder of the app: one line of differences is enough for all of them. */
const isInApp = (file: string) => file.startsWith('/opt/Postern/');

/** As systemd does it: makes the run-time folder, starts what the unit names, ends it with SIGTERM. */
const whileHelperRuns = (script: string) => `
  mkdir -p /run/postern
  $(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/postern-helper.service) >/run/helper.log 2>&1 & helper=$!
  for _ in $(seq 100); do [ -S /run/postern/helper.sock ] && break; sleep 0.1; done
  ${script}
  kill "$helper"; wait "$helper" || { cat /run/helper.log; exit 1; }
  rm /run/helper.log`;

let folder = '';
let first: BuiltPackages;
let second: BuiltPackages;
let lab: PackageLab;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-packages-'));
  first = buildPackages(path.join(folder, 'first'), '1.0.0');
  second = buildPackages(path.join(folder, 'second'), '1.0.1');
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what electron-builder makes', () => {
  test('28-30: the fuses of the packaged program stand as the configuration says', async () => {
    const program = path.join(first.unpacked, 'postern-desktop');
    expect(await readWire(program)).toBe(expectedWire());
  });

  test('the archive carries the built app, no test, source or test double, and keytar lies outside', () => {
    expect(inspectArchive(path.join(first.unpacked, 'resources/app.asar'), 'linux-x64')).toEqual([]);
  });

  test('no updates are configured', () => {
    for (const file of ['app-update.yml', 'update-feed.json'])
      expect(() => readFileSync(path.join(first.unpacked, 'resources', file))).toThrow(/ENOENT/);
  });
});

test.runIf(isRealRoot)('the lab sees what was added, changed and deleted, and nothing else', async () => {
  const other = await PackageLab.open();
  try {
    expect(other.differences()).toEqual([]);
    other.must('echo x >/etc/canary; mkdir /opt/canary; rm /usr/bin/env; echo x >>/etc/group');
    expect(other.differences()).toEqual(['/etc/canary', '/etc/group', '/opt/canary', '/usr/bin/env']);
  } finally {
    await other.close();
  }
});

describe.runIf(isRealRoot)('deb', () => {
  beforeAll(async () => {
    lab = await PackageLab.open();
    lab.renewsIconCaches();
  });
  afterAll(() => lab.close());
  const install = (file: string) =>
    lab.must(`dpkg --force-depends -i '${file}'`, { SUDO_USER: 'daemon', PKEXEC_UID: '' });

  test('an installation brings program, helper, unit, policy and group, and enables the helper', () => {
    install(first.deb);
    expect(lab.differences().filter((file) => !isInApp(file))).toEqual(
      expect.arrayContaining([
        '/etc/group',
        '/opt/Postern',
        '/usr/bin/postern-desktop',
        '/usr/bin/postern-helper',
        '/usr/lib/systemd/system/postern-guard.service',
        '/usr/lib/systemd/system/postern-helper.service',
        '/usr/share/applications/postern-desktop.desktop',
        '/usr/share/polkit-1/actions/io.postern.helper.policy',
        '/usr/share/polkit-1/actions/io.postern.desktop.policy',
      ]),
    );
    expect(lab.must('getent group postern')).toMatch(/^postern:x:\d+:daemon$/m);
    expect(lab.must('systemctl is-enabled postern-helper postern-guard')).toBe('enabled\nenabled\n');
    expect(lab.must('stat -c %a:%U /opt/Postern/chrome-sandbox')).toBe('4755:root\n');
    lab.must('systemd-analyze verify /usr/lib/systemd/system/postern-*.service; rm -rf /run/systemd');
  });

  test('nothing in the app may be written by anyone but root, for parts of it run as root', () => {
    const loose = lab.must(
      'find /opt/Postern /usr/bin/postern-* ! -type l \\( -perm /022 -o ! -user root \\)',
    );
    expect(loose).toBe('');
  });

  test('35: the desktop entry is valid, opens postern:// and keeps the sandbox', () => {
    const entry = lab.must('cat /usr/share/applications/postern-desktop.desktop');
    expect(entry).toMatch(/^Exec=\/opt\/Postern\/postern-desktop %U$/m);
    expect(entry).toMatch(/^MimeType=x-scheme-handler\/postern;$/m);
    expect(entry).not.toContain('no-sandbox');
    expect(lab.must('desktop-file-validate /usr/share/applications/postern-desktop.desktop')).toBe('');
    const started = lab.must(
      "$(sed -n 's/^Exec=\\(.*\\) %U$/\\1/p' /usr/share/applications/postern-desktop.desktop) postern://connect/main",
    );
    expect(started).toBe('/opt/Postern/postern-desktop\npostern://connect/main\n');
  });

  test('the installed helper runs without the checkout, serves its group, and root can trust a server', () => {
    const output = lab.must(
      whileHelperRuns(`stat -c '%A %G' /run/postern/helper.sock
        NODE_OPTIONS=--throw-at-once postern-helper trust '${KEY}' --yes`),
    );
    expect(output).toMatch(/^srw-rw---- postern$/m);
    expect(output).toContain('Trusted from now on.');
    expect(lab.must('postern-helper list')).toContain(SERVER);
  });

  test('a server is trusted by what a dialog has shown, and by nothing else that came under pkexec', () => {
    const other = Buffer.alloc(32, 8).toString('base64url');
    const shown = (key: string, print: string) =>
      lab.run(`echo '${SERVER}#ed25519=${key}' | postern-helper trust-shown '${SERVER}' '${print}'`);
    expect(shown(Buffer.alloc(32, 7).toString('base64url'), fingerprint(other)).status).toBe(2);
    expect(lab.must('postern-helper list')).not.toContain(fingerprint(other));
    expect(shown(other, fingerprint(other)).status).toBe(0);
    expect(lab.must('postern-helper list')).toContain(fingerprint(other));
    const asked = lab.run(`PKEXEC_UID=1000 postern-helper trust '${KEY}' --yes --trusted-servers /root/x`);
    expect(asked).toEqual({ status: 2, output: expect.stringContaining('Use sudo') });
    expect(lab.run('ls /root/x').status).not.toBe(0);
  });

  test('an upgrade keeps trusted servers, members of the group and the state of the service', () => {
    lab.must('systemctl disable postern-helper 2>&1; usermod -aG postern games');
    install(second.deb);
    expect(lab.must('dpkg -s postern')).toMatch(/^Version: 1\.0\.1$/m);
    expect(lab.must('postern-helper list')).toContain(SERVER);
    expect(lab.must('getent group postern')).toMatch(/:daemon,games$/m);
    expect(lab.run('systemctl is-enabled postern-helper').output).toBe('disabled\n');
    lab.must('systemctl enable postern-helper');
  });

  test('removal takes program, state and socket away and keeps what an administrator decided', () => {
    lab.must('mkdir -p /var/lib/postern; touch /var/lib/postern/guard.json /var/lib/postern/guard.nft');
    lab.must('dpkg -r postern');
    expect(lab.differences()).toEqual([
      '/etc/group',
      '/etc/gshadow',
      '/etc/postern',
      '/etc/postern/trusted-servers.json',
      '/etc/systemd/system/multi-user.target.wants/postern-guard.service',
      '/etc/systemd/system/multi-user.target.wants/postern-helper.service',
    ]);
  });

  test('installed again it trusts the same servers; purged it leaves nothing', () => {
    install(first.deb);
    expect(lab.must('postern-helper list')).toContain(SERVER);
    expect(lab.must('systemctl is-enabled postern-helper')).toBe('enabled\n');
    lab.must(whileHelperRuns('true'));
    lab.must('dpkg -P postern');
    expect(lab.differences()).toEqual([]);
  });

  test('a control server on the same machine keeps its data, its folder and its group', () => {
    install(first.deb);
    lab.must(`useradd --system --gid postern --no-create-home postern
      mkdir -p /var/lib/postern /etc/postern; touch /var/lib/postern/postern.db /etc/postern/server.toml`);
    lab.must('dpkg -P postern');
    expect(lab.must('ls /var/lib/postern /etc/postern; getent group postern')).toMatch(
      /server\.toml.*postern\.db.*postern:x:/s,
    );
  });
});

describe.runIf(isRealRoot)('rpm', () => {
  beforeAll(async () => {
    lab = await PackageLab.open();
    // What only Debian has: the scripts must do without.
    lab.must('rm /usr/bin/deb-systemd-helper /usr/bin/deb-systemd-invoke');
  });
  afterAll(() => lab.close());
  const ofDebian = ['/usr/bin/deb-systemd-helper', '/usr/bin/deb-systemd-invoke'];

  test('an installation enables the helper, an upgrade keeps what was decided, a removal leaves nothing', () => {
    lab.must(`rpm --nodeps -i '${first.rpm}'`);
    expect(lab.must('systemctl is-enabled postern-helper')).toBe('enabled\n');
    expect(lab.must('getent group postern')).toMatch(/^postern:x:\d+:$/m);
    lab.must(whileHelperRuns(`postern-helper trust '${KEY}' --yes`));
    lab.must(`systemctl disable postern-helper; rpm --nodeps -U '${second.rpm}'`);
    expect(lab.must('rpm -q postern')).toContain('1.0.1');
    expect(lab.must('postern-helper list')).toContain(SERVER);
    expect(lab.run('systemctl is-enabled postern-helper').output).toBe('disabled\n');
    expect(lab.must('systemctl is-enabled postern-guard')).toBe('enabled\n');
    // From a version that had no such unit: what is new to the system is enabled, what was decided stays.
    lab.must(`systemctl disable postern-guard; rm /usr/lib/systemd/system/postern-guard.service
      rpm --nodeps -U --oldpackage '${first.rpm}'`);
    const enabled = () => lab.run('systemctl is-enabled postern-helper postern-guard').output;
    expect(enabled()).toBe('disabled\nenabled\n');
    lab.must(`systemctl disable postern-guard; rpm --nodeps -U '${second.rpm}'`);
    expect(enabled()).toBe('disabled\ndisabled\n');
    lab.must('rpm --nodeps -e postern');
    expect(lab.differences()).toEqual(ofDebian);
  });
});
