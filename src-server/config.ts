import { dirname, resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { type Loaded, loadConfig } from '../src-node/config.ts';
import { MAX_CONTROL_ADDRESSES } from '../src-shared/gateway-limits.ts';
import { endpoint, splitEndpoint } from '../src-shared/primitives.ts';
import { properName } from '../src-shared/typed-name.ts';
import { typedAddressOrNetwork } from '../src-shared/typed-network.ts';

const file = z.string().min(1);

const days = (byDefault: number) => z.number().int().min(0).max(36_500).default(byDefault);

function isLoopback(host: string): boolean {
  return host === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback');
}

/** Not one that means another computer on every computer. */
export function isReachable(address: string): boolean {
  return !['unspecified', 'loopback', 'linkLocal', 'multicast', 'broadcast'].includes(
    ipaddr.process(address).range(),
  );
}

/** Everything the control server is told from outside. File names are relative to the configuration file. */
export const serverConfig = z.strictObject({
  /** Public base URL, without a path: `iss` of every lease. */
  issuer: z
    .url({ protocol: /^https$/, error: 'expected an https URL such as https://vpn.example.com' })
    .transform((url) => url.replace(/\/+$/, ''))
    .refine((url) => new URL(url).origin === url, { error: 'expected only scheme, host and port' }),
  /**
   * Where clients reach this server from outside, `address:port`: kept outside of every tunnel. Left out: what public
   * DNS says of the issuer's host.
   */
  publicAddresses: z
    .array(
      endpoint.refine((value) => isReachable(splitEndpoint(value).address), {
        error: 'expected an address that other computers can reach',
      }),
    )
    .max(MAX_CONTROL_ADDRESSES)
    .optional(),
  /** Shown to users and in their authenticator app. */
  teamName: properName,
  listen: z
    .strictObject({
      host: z.string().min(1).default('::'),
      port: z.number().int().min(0).max(65_535).default(443),
    })
    .prefault({}),
  /** PEM files; `certFile` holds the whole chain. */
  tls: z.strictObject({ certFile: file, keyFile: file }),
  databaseFile: file.default('postern.db'),
  /** Holds `lease-key.pem` and `encryption.key`, readable by the service user alone. */
  keysDir: file.default('keys'),
  /** A container mounts the key files: root's, and readable by every process in it. */
  secretsAreMounted: z.boolean().default(false),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Proxies whose `proxyHeader` is believed. */
  trustedProxies: z.array(typedAddressOrNetwork).default([]),
  /**
   * The one header in which these proxies say who asks. Any other may have come from the client itself, since proxies
   * pass on what they do not know.
   */
  proxyHeader: z.enum(['x-forwarded-for', 'forwarded']).default('x-forwarded-for'),
  /** Networks that may read `/metrics`. */
  metricsAllowFrom: z
    .array(typedAddressOrNetwork)
    .default(['127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']),
  /**
   * Requests per minute of each API token and scope, gateway, and member: a brake for floods; attempts have their own
   * counters.
   */
  requestsPerMinute: z.number().int().min(60).default(3000),
  /** The same for all those together whom no guard knows, by address; what a guard refuses counts here too. */
  strangerRequestsPerMinute: z.number().int().min(60).default(600),
  /** Where mails go out; without it members are told nothing by mail, and MFA cannot be reset. */
  mail: z
    .strictObject({
      host: z.string().min(1),
      port: z.number().int().min(1).max(65_535).default(587),
      /** `starttls` and `tls` refuse a server without a good certificate; `none` is for a relay on this machine. */
      security: z.enum(['starttls', 'tls', 'none']).default('starttls'),
      user: z.string().min(1).optional(),
      password: z.string().min(1).optional(),
      /** `Example VPN <vpn@example.com>` or only the address. */
      from: z.string().regex(/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/, 'expected a mail address'),
      /** PEM of an authority of your own. */
      caFile: file.optional(),
      /** What this server calls itself to the mail server (`EHLO`); left out: the issuer's host. */
      ehloName: z
        .string()
        .regex(
          /^([\w-]+(\.[\w-]+)*|\[[\da-fA-F.:]+\]|\[IPv6:[\da-fA-F.:]+\])$/,
          'expected a host name or [address]',
        )
        .optional(),
    })
    .refine(({ user, password }) => (user === undefined) === (password === undefined), {
      error: 'user and password belong together',
      path: ['password'],
    })
    .refine(({ host, security }) => security !== 'none' || isLoopback(host), {
      error: 'mails hold secrets: "none" is only for a host of this machine, such as 127.0.0.1',
      path: ['security'],
    })
    .optional(),
  /** How many days what is over is kept; 0: for ever. The audit log is kept until it is archived. */
  retention: z
    .strictObject({
      /** Ended or expired; the last one of each member stays, since it says when they were seen. */
      endedSessionsDays: days(90),
      /** What the connection log has. */
      endedLeasesDays: days(400),
      /** Authenticators that were replaced, or never confirmed. */
      endedFactorsDays: days(90),
      /** From when they expired, used or not. */
      resetLinksDays: days(90),
      challengesDays: days(1),
      /** What a device that is away has not heard yet. */
      eventsDays: days(30),
      signInTokensDays: days(1),
    })
    .prefault({}),
  /** argon2id; the defaults are OWASP's minimum. */
  argon2: z
    .strictObject({
      memoryKib: z.number().int().min(8192).default(19_456),
      passes: z.number().int().min(1).default(2),
      lanes: z.number().int().min(1).max(16).default(1),
    })
    .prefault({}),
});
export type ServerConfig = z.infer<typeof serverConfig>;

/** The configuration from `file` and `POSTERN_…` variables, file names made absolute; else every mistake in one line. */
export function loadServerConfig(
  file: string | undefined,
  env: Record<string, string | undefined>,
): Loaded<ServerConfig> {
  const loaded = loadConfig(serverConfig, {
    ...(file === undefined ? {} : { file }),
    env,
    envPrefix: 'POSTERN_',
  });
  if (!loaded.ok) return loaded;
  const base = file === undefined ? '.' : dirname(file);
  const { tls, databaseFile, keysDir, mail, ...rest } = loaded.value;
  return {
    ok: true,
    value: {
      ...rest,
      tls: { certFile: resolve(base, tls.certFile), keyFile: resolve(base, tls.keyFile) },
      databaseFile: resolve(base, databaseFile),
      keysDir: resolve(base, keysDir),
      ...(mail ? { mail: { ...mail, ...(mail.caFile ? { caFile: resolve(base, mail.caFile) } : {}) } } : {}),
    },
  };
}
