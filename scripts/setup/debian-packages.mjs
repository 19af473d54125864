import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const TIME_LIMIT_MS = 10 * 60_000;
const programFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const hasProgram = (name) => programFolders.some((folder) => existsSync(path.join(folder, name)));

/** Not one of its descendants. */
function isDebian() {
  return existsSync('/etc/os-release') && /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function hasLibrary(name) {
  const folders = ['/usr/lib', '/usr/lib64', '/lib'];
  return folders
    .filter((folder) => existsSync(folder))
    .some(
      (folder) =>
        existsSync(path.join(folder, name)) ||
        readdirSync(folder).some(
          (entry) => entry.includes('-linux-') && existsSync(path.join(folder, entry, name)),
        ),
    );
}

/** Each Debian package with what it is for and how to tell that its part is there, from whatever source. */
const needs = [
  {
    name: 'wireguard-tools',
    why: 'wg: shows and sets WireGuard interfaces',
    isThere: () => hasProgram('wg'),
  },
  {
    name: 'wireguard-go',
    why: 'WireGuard itself where the kernel has none',
    isThere: () => hasProgram('wireguard-go') || existsSync('/sys/module/wireguard'),
  },
  { name: 'iproute2', why: 'ip: network namespaces, addresses, routes', isThere: () => hasProgram('ip') },
  { name: 'nftables', why: 'nft: firewall rules of gateway and helper', isThere: () => hasProgram('nft') },
  {
    name: 'util-linux',
    why: 'nsenter, unshare, setpriv: run each part in its namespace and end it with its parent',
    isThere: () => ['nsenter', 'unshare', 'setpriv'].every(hasProgram),
  },
  {
    name: 'busybox',
    why: 'udhcpd and udhcpc: tests and --dhcp have the home network give out addresses',
    isThere: () => hasProgram('busybox'),
    isOnlyForTests: true,
  },
  { name: 'dbus', why: 'a session bus for the laptop', isThere: () => hasProgram('dbus-daemon') },
  {
    name: 'gnome-keyring',
    why: 'the keyring that the client keeps its secrets in',
    isThere: () => hasProgram('gnome-keyring-daemon'),
  },
  {
    name: 'libsecret-1-0',
    why: 'the library to talk to the keyring',
    isThere: () => hasLibrary('libsecret-1.so.0'),
  },
  {
    name: 'openssl',
    why: 'the certificate authority of the local stack',
    isThere: () => hasProgram('openssl'),
  },
  {
    name: 'python3',
    why: 'the delaying relay (--rtt-ms) and terminal tests',
    isThere: () => hasProgram('python3'),
  },
  {
    name: 'chromium',
    why: 'tests, benchmarks and pictures of the window; the window itself where there is no Electron',
    isThere: () =>
      ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].some(hasProgram) ||
      process.platform !== 'linux',
    isOnlyForTests: true,
  },
  {
    name: 'chromium-headless-shell',
    why: 'the same without windows: the tests of pages take half as long',
    // Only Debian has it; elsewhere the whole browser does the same, slower.
    isThere: () => hasProgram('chromium-headless-shell') || !isDebian(),
    isOnlyForTests: true,
  },
  {
    name: 'fonts-inter',
    why: 'pictures of the window look the same everywhere',
    isThere: () => existsSync('/usr/share/fonts/opentype/inter'),
    isOnlyForTests: true,
  },
  {
    name: 'fonts-dejavu-core',
    why: 'the same, for what is set in a fixed width',
    isThere: () => existsSync('/usr/share/fonts/truetype/dejavu'),
    isOnlyForTests: true,
  },
  {
    name: 'oathtool',
    why: 'tests check one-time passwords against a second implementation',
    isThere: () => hasProgram('oathtool'),
    isOnlyForTests: true,
  },
  {
    name: 'zbar-tools',
    why: 'tests read the QR codes of the Control Panel as a phone does',
    isThere: () => hasProgram('zbarimg'),
    isOnlyForTests: true,
  },
  {
    name: 'python3-dbusmock',
    why: 'tests lock the screen, send the computer to sleep and answer for polkit on a bus of their own',
    isThere: () => existsSync('/usr/lib/python3/dist-packages/dbusmock'),
    isOnlyForTests: true,
  },
  {
    name: 'polkitd',
    why: 'tests ask the real polkit on a bus of their own',
    isThere: () => ['/usr/lib/polkit-1/polkitd', '/usr/libexec/polkitd'].some((file) => existsSync(file)),
    isOnlyForTests: true,
  },
  {
    name: 'systemd',
    why: 'systemd-inhibit: tests of the lock before sleep',
    isThere: () => hasProgram('systemd-inhibit'),
    isOnlyForTests: true,
  },
  {
    name: 'libglib2.0-bin',
    why: 'gdbus: tests call the services on that bus',
    isThere: () => hasProgram('gdbus'),
    isOnlyForTests: true,
  },
  {
    name: 'nginx',
    why: 'tests put it in front of the server as docs/operations.md prints it',
    isThere: () => hasProgram('nginx'),
    isOnlyForTests: true,
    service: 'nginx',
  },
  {
    name: 'haproxy',
    why: 'likewise',
    isThere: () => hasProgram('haproxy'),
    isOnlyForTests: true,
    service: 'haproxy',
  },
  {
    name: 'rpm',
    why: 'tests build, install and remove the desktop app as an rpm',
    isThere: () => hasProgram('rpmbuild'),
    isOnlyForTests: true,
  },
  {
    name: 'desktop-file-utils',
    why: 'tests check the entry of the desktop app',
    isThere: () => hasProgram('desktop-file-validate'),
    isOnlyForTests: true,
  },
  {
    name: 'nsis',
    why: 'tests compile the hooks of the Windows installer',
    isThere: () => hasProgram('makensis'),
    isOnlyForTests: true,
  },
  {
    name: 'libxml2-utils',
    why: 'tests check the polkit policy and the property lists',
    isThere: () => hasProgram('xmllint'),
    isOnlyForTests: true,
  },
];

function isDebianLike() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b/m.test(release) && hasProgram('apt-get');
}

function apt(args) {
  const run = spawnSync('apt-get', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: TIME_LIMIT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return !run.error && run.status === 0;
}

/** Whether every program that is needed is there. Changes nothing. */
export function hasDebianPackages({ isTestRun }) {
  return needs.every((need) => (need.isOnlyForTests && !isTestRun) || need.isThere());
}

/** Installs what is missing (root on Debian or Ubuntu), else names it. Resolves to whether all that is needed is there. */
export async function ensureDebianPackages({ isTestRun }) {
  const missing = () => needs.filter((need) => !need.isThere());
  if (hasDebianPackages({ isTestRun })) return true;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && isDebianLike()) {
    const wanted = missing();
    const names = wanted.map((need) => need.name);
    process.stderr.write(`Installing Debian packages: ${names.join(' ')} …\n`);
    // Stale package lists are only a warning: the packages may be in them all the same.
    if (!apt(['update', '-q']))
      process.stderr.write('apt-get update did not finish; trying with the lists there are.\n');
    apt(['install', '-y', '-q', '--no-install-recommends', ...names]);
    // Debian starts what it installs: nobody has asked for a web server on this machine.
    const services = wanted.flatMap((need) => need.service ?? []);
    if (services.length > 0 && existsSync('/run/systemd/system'))
      spawnSync('systemctl', ['disable', '--now', ...services], { stdio: ['ignore', 'inherit', 'inherit'] });
  }
  const left = missing();
  if (left.length === 0) return true;
  process.stderr.write('These programs are missing on this machine:\n');
  for (const need of left) process.stderr.write(`  ${need.name.padEnd(16)} ${need.why}\n`);
  process.stderr.write(
    `On Debian and Ubuntu: sudo apt-get install ${left.map((need) => need.name).join(' ')}\n`,
  );
  return left.every((need) => need.isOnlyForTests && !isTestRun);
}
