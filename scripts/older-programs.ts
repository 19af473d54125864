import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { build } from 'vite';
import { checkout } from '../lab/stack/folders.ts';

/** `node scripts/older-programs.ts COMMIT`: the programs of that commit into `e2e/older/COMMIT.tar.gz`, see the README there. */
const program = new Command('older-programs')
  .description('Bundles the programs of an older commit, for the tests of versions that meet.')
  .argument('<commit>', 'where they come from')
  .parse();
const [wanted = ''] = program.args;

const programs = {
  server: 'src-server/cli.ts',
  gateway: 'src-gateway/cli.ts',
  helper: 'src-helper/cli.ts',
  postern: 'src-cli/cli.ts',
  'add-members': 'lab/stack/add-members.ts',
};
/** No bundle can hold these: they are today's. */
const NATIVE = ['koffi', 'keytar', '@node-rs/argon2'];

const git = (...args: string[]) => execFileSync('git', args, { cwd: checkout, maxBuffer: 2 ** 30 });
const commit = git('rev-parse', '--short=7', `${wanted}^{commit}`).toString().trim();
const lock = (at: string) => git('show', `${at}:package-lock.json`).toString();
if (lock(commit) !== readFileSync(path.join(checkout, 'package-lock.json'), 'utf8'))
  program.error(`${commit} has other packages than this checkout: run this in one of then, after npm ci`);

const source = mkdtempSync(path.join(tmpdir(), 'postern-older-'));
const output = path.join(source, 'bundled');
try {
  execFileSync('tar', ['-x', '-C', source], { input: git('archive', commit) });
  symlinkSync(path.join(checkout, 'node_modules'), path.join(source, 'node_modules'));
  await build({
    root: source,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: NATIVE, target: 'node' },
    build: {
      ssr: true,
      outDir: output,
      target: 'node24',
      minify: true,
      rolldownOptions: {
        input: Object.fromEntries(
          Object.entries(programs).map(([name, entry]) => [name, path.join(source, entry)]),
        ),
        output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'part-[hash].js' },
      },
    },
  });
  const archive = path.join(checkout, 'e2e/older', `${commit}.tar.gz`);
  const alwaysTheSame = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  execFileSync('tar', ['-c', ...alwaysTheSame, '-I', 'gzip -9n', '-f', archive, '-C', output, '.']);
} finally {
  rmSync(source, { recursive: true, force: true });
}
