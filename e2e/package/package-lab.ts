import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Folders that packages write to. What is written there stays in the lab. */
const FOLDERS = ['usr', 'etc', 'opt', 'var'] as const;

/** What a machine on which Postern was tried may have already. */
const OF_POSTERN = ['etc/postern', 'var/lib/postern'] as const;

/** Books that package managers keep for themselves. */
const BOOKS =
  /^\/(?:var\/(?:lib\/(?:dpkg|rpm|systemd\/deb-systemd-helper-enabled)|log|cache)(?:\/|$)|etc\/(?:(?:group|gshadow|passwd|shadow)-|\.pwd\.lock)$|etc\/ld\.so\.cache$)/;

/**
 * Made by triggers of packages that a machine may have (GTK, desktop-file-utils, shared-mime-info, GLib, info) from all
 * that is installed: they are renewed whenever somebody's icons or entries come or go.
 */
const TRIGGER_CACHES =
  /^\/usr\/(?:share\/(?:icons\/[^/]+\/icon-theme\.cache|applications\/(?:mimeinfo|bamf-2)\.(?:cache|index)|mime\/(?!packages\/).*|glib-2\.0\/schemas\/gschemas\.compiled|info\/dir(?:\.old)?)|lib\/[^/]+\/(?:gio\/modules\/giomodule|gdk-pixbuf-2\.0\/[^/]+\/loaders)\.cache)$/;

export interface Ran {
  status: number | null;
  output: string;
}

/**
 * This machine's system with a layer over it (mount and network namespace), without what Postern had brought to it:
 * packages are installed and removed by the machine's own dpkg and rpm, and the machine does not change. Needs root,
 * also that of a user namespace.
 */
export class PackageLab {
  readonly #holder: ChildProcess;
  readonly #folder: string;

  private constructor(holder: ChildProcess, folder: string) {
    this.#holder = holder;
    this.#folder = folder;
  }

  /** Rejects with the words of the program that failed. */
  static async open(): Promise<PackageLab> {
    const folder = mkdtempSync(path.join(tmpdir(), 'postern-pk-'));
    // A character device 0/0 in an upper layer says that there is no such file below.
    const hidden = OF_POSTERN.map((file) => {
      const whiteout = file.replace('/', '/hidden/');
      return `mkdir -p ${path.dirname(whiteout)}; mknod ${whiteout} c 0 0`;
    });
    const layers = FOLDERS.map(
      (name) => `mkdir -p ${name}/upper ${name}/work ${name}/lower ${name}/hidden
        mount -t overlay overlay -o lowerdir=$PWD/${name}/hidden:/${name} ${name}/lower
        mount -t overlay overlay -o index=off,lowerdir=$PWD/${name}/lower,upperdir=$PWD/${name}/upper,workdir=$PWD/${name}/work /${name}`,
    );
    const setUp = `set -eu
      mount -t tmpfs tmpfs '${folder}' && cd '${folder}'
      ${[...hidden, ...layers].join('\n')}
      mount -t tmpfs tmpfs /run
      # Books of its own: rpm is a guest on Debian, and may have been used there.
      rm -rf /var/lib/rpm
      cd / && echo ready
      exec cat`;
    // Its end of file is the end of the lab, however this process ends.
    const holder = spawn('unshare', ['--mount', '--net', '--propagation', 'private', 'sh', '-c', setUp], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let words = '';
    holder.stderr.on('data', (chunk: Buffer) => {
      words += chunk.toString();
    });
    const ready = once(holder.stdout, 'data').then(() => true);
    const isReady = await Promise.race([ready, once(holder, 'close').then(() => false)]);
    if (!isReady) throw new Error(`no lab: ${words}`);
    return new PackageLab(holder, folder);
  }

  /** Runs a shell script in the lab as root; output is stdout and stderr together. */
  run(script: string, env: Record<string, string> = {}): Ran {
    const pid = String(this.#holder.pid);
    const ran = spawnSync('nsenter', ['-t', pid, '--mount', '--net', 'sh', '-c', `exec 2>&1; ${script}`], {
      encoding: 'utf8',
      timeout: 120_000,
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LC_ALL: 'C.UTF-8',
        DEBIAN_FRONTEND: 'noninteractive',
        ...env,
      },
    });
    return { status: ran.status, output: ran.stdout };
  }

  /** The same, but throws unless it ends with 0. */
  must(script: string, env: Record<string, string> = {}): string {
    const { status, output } = this.run(script, env);
    if (status !== 0) throw new Error(`${script}: status ${status}\n${output}`);
    return output;
  }

  /** Installs a package that renews a cache of icons whenever icons come or go, as GTK's does where it is installed. */
  renewsIconCaches(): void {
    const control =
      'Package: postern-canary\\nVersion: 1\\nArchitecture: all\\nMaintainer: N <n@example.com>\\nDescription: n\\n';
    this.must(`mkdir -p /run/canary/DEBIAN && cd /run/canary/DEBIAN
      printf '${control}' >control
      echo 'interest-noawait /usr/share/icons/hicolor' >triggers
      printf '#!/bin/sh\\ndate +%%s%%N >/usr/share/icons/hicolor/icon-theme.cache\\n' >postinst && chmod 755 postinst
      cd /run && dpkg-deb -b canary canary.deb && dpkg -i canary.deb && rm -r canary canary.deb`);
  }

  /** Every path that differs from the machine underneath, but for books and caches of the machine's own; sorted. */
  differences(): string[] {
    const compare = FOLDERS.map(
      (name) => `cd '${this.#folder}/${name}/upper'
        find . -mindepth 1 -printf '%y %P\\n' | while read -r kind file; do
          below="../lower/$file"
          case $kind in
            d) [ -d "$below" ] || echo "/${name}/$file" ;;
            f) cmp -s "$file" "$below" || echo "/${name}/$file" ;;
            l) [ "$(readlink "$file")" = "$(readlink "$below")" ] || echo "/${name}/$file" ;;
            *) echo "/${name}/$file" ;;
          esac
        done`,
    );
    return this.must(`${compare.join('\n')}\nfind /run -mindepth 1`)
      .split('\n')
      .filter((line) => line !== '' && !BOOKS.test(line) && !TRIGGER_CACHES.test(line))
      .sort();
  }

  async close(): Promise<void> {
    const closed = once(this.#holder, 'close');
    this.#holder.stdin?.end();
    await closed;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
