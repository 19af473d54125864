#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

/**
 * Does with dpkg-deb and rpmbuild what fpm does with the arguments of electron-builder, which would download fpm. So
 * the packages under test come from electron-builder's own orders: files, scripts, dependencies.
 */

const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    s: { ...text, short: 's' },
    t: { ...text, short: 't' },
    d: { ...text, short: 'd', multiple: true },
    force: { type: 'boolean' },
    architecture: text,
    name: text,
    maintainer: text,
    vendor: text,
    url: text,
    license: text,
    description: text,
    version: text,
    package: text,
    category: text,
    'before-install': text,
    'after-install': text,
    'before-remove': text,
    'after-remove': text,
    'deb-priority': text,
    'deb-recommends': { ...text, multiple: true },
    'deb-compression': text,
    'rpm-summary': text,
    'rpm-os': text,
    'rpm-compression': text,
    'rpm-rpmbuild-define': { ...text, multiple: true },
  },
});

function need(name: keyof typeof values): string {
  const value = values[name];
  if (typeof value !== 'string') throw new Error(`--${name} is missing`);
  return value;
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`);
}

const work = mkdtempSync(path.join(tmpdir(), 'postern-fpm-'));
const root = path.join(work, 'root');

/** `source=target`; a target below a source folder when that ends in a slash, as fpm's `dir` reads it. */
function copyFiles(): void {
  for (const pair of positionals) {
    const [source = '', target = ''] = pair.split('=');
    const to = path.join(root, target);
    if (statSync(source).isDirectory()) {
      mkdirSync(to, { recursive: true });
      cpSync(source, to, { recursive: true });
    } else {
      mkdirSync(path.dirname(to), { recursive: true });
      copyFileSync(source, to);
      chmodSync(to, statSync(source).mode & 0o777);
    }
  }
}

function buildDeb(): void {
  const control = path.join(root, 'DEBIAN');
  mkdirSync(control, { mode: 0o755 });
  const fields = {
    Package: need('name'),
    Version: need('version'),
    Architecture: need('architecture'),
    Maintainer: need('maintainer'),
    Depends: (values.d ?? []).join(', '),
    Recommends: (values['deb-recommends'] ?? []).join(', '),
    Section: need('category'),
    Priority: need('deb-priority'),
    Homepage: need('url'),
    Description: need('description').trim(),
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== '');
  writeFileSync(
    path.join(control, 'control'),
    lines.map(([field, value]) => `${field}: ${value}\n`).join(''),
  );
  const scripts = {
    preinst: 'before-install',
    postinst: 'after-install',
    prerm: 'before-remove',
    postrm: 'after-remove',
  } as const;
  for (const [name, option] of Object.entries(scripts)) {
    copyFileSync(need(option), path.join(control, name));
    chmodSync(path.join(control, name), 0o755);
  }
  // -Znone: the test has no use for minutes of compression.
  run('dpkg-deb', ['--root-owner-group', '-Znone', '--build', root, need('package')]);
}

/** `%` begins a macro in a spec file. */
const literally = (text: string) => text.replaceAll('%', '%%');

function buildRpm(): void {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join('/', path.relative(root, entry.parentPath), entry.name));
  const scripts = {
    pre: 'before-install',
    post: 'after-install',
    preun: 'before-remove',
    postun: 'after-remove',
  } as const;
  const spec = [
    `Name: ${need('name')}`,
    `Version: ${need('version')}`,
    'Release: 1',
    `Summary: ${need('rpm-summary')}`,
    `License: ${need('license')}`,
    'AutoReqProv: no',
    ...(values.d ?? []).map((name) => `Requires: ${name}`),
    `%description\n${literally(need('description'))}`,
    `%install\ncp -a '${root}/.' '%{buildroot}/'`,
    ...Object.entries(scripts).map(
      ([section, option]) => `%${section} -p /bin/sh\n${literally(readFileSync(need(option), 'utf8'))}`,
    ),
    // The folder of the app goes with it; every other folder is the system's.
    `%files\n%defattr(-,root,root,-)\n%dir /opt/Postern\n${files.map((file) => `"${file}"`).join('\n')}`,
  ];
  const folders = readdirSync(path.join(root, 'opt/Postern'), {
    recursive: true,
    encoding: 'utf8',
    withFileTypes: true,
  })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `%dir "${path.join('/', path.relative(root, entry.parentPath), entry.name)}"`);
  const specFile = path.join(work, 'package.spec');
  writeFileSync(specFile, `${[...spec, ...folders].join('\n')}\n`);
  const defines = {
    _topdir: path.join(work, 'rpmbuild'),
    _binary_payload: 'w0.ufdio',
    _build_id_links: 'none',
    __os_install_post: '%{nil}',
    _rpmdir: work,
    _rpmfilename: 'built.rpm',
  };
  const options = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  run('rpmbuild', ['-bb', '--target', need('architecture'), ...options, specFile]);
  copyFileSync(path.join(work, 'built.rpm'), need('package'));
}

try {
  mkdirSync(root, { recursive: true });
  copyFiles();
  if (values.t === 'deb') buildDeb();
  else buildRpm();
} finally {
  rmSync(work, { recursive: true, force: true });
}
