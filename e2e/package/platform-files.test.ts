import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from './build-packages.ts';

function run(program: string, args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: checkout, encoding: 'utf8' });
  if (error) throw error;
  return { status, output: `${stdout}${stderr}` };
}

/** What electron-builder's own script defines around the hooks. */
const installerScript = `
Unicode true
RequestExecutionLevel admin
!include LogicLib.nsh
!define APP_ID io.postern.desktop
!define APP_EXECUTABLE_FILENAME Postern.exe
!macro _isUpdated _a _b _t _f
  \${if} $0 == 1
    Goto \`\${_t}\`
  \${endif}
  Goto \`\${_f}\`
!macroend
!define isUpdated '"" isUpdated ""'
Name x
OutFile OUT
InstallDir "$PROGRAMFILES64\\x"
!include HOOKS
Section
  WriteUninstaller "$INSTDIR\\u.exe"
  !insertmacro customInstall
SectionEnd
Section un.x
  !insertmacro customUnInstall
SectionEnd
`;

test('the hooks of the Windows installer compile without a warning', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-nsis-'));
  try {
    const script = path.join(folder, 'installer.nsi');
    const compile = (hooks: string) => {
      const out = path.join(folder, 'installer.exe');
      writeFileSync(script, installerScript.replace('HOOKS', `"${hooks}"`).replace('OUT', `"${out}"`));
      return run('makensis', ['-WX', '-V2', script]);
    };
    expect(compile(path.join(checkout, 'assets/windows/installer.nsh'))).toEqual({ status: 0, output: '' });
    const broken = path.join(folder, 'broken.nsh');
    writeFileSync(broken, '!macro customInstall\n  WriteRegString HKLM x y z\n!macroend\n');
    expect(compile(broken).status).not.toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.each([
  'assets/polkit/io.postern.helper.policy',
  'assets/polkit/io.postern.desktop.policy',
  'assets/macos/entitlements.plist',
  'assets/macos/entitlements.inherit.plist',
])('%s is well-formed', (file) => {
  expect(run('xmllint', ['--nonet', '--noout', file])).toEqual({ status: 0, output: '' });
});

test.each(['before-install', 'after-install', 'before-remove', 'after-remove'])(
  '%s is a script that sh can read',
  (name) => {
    expect(run('sh', ['-n', `assets/linux/${name}.sh`])).toEqual({ status: 0, output: '' });
  },
);
