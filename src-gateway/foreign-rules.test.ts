import { describe, expect, it } from 'vitest';
import { foreignForwardDrops, remedyFor, type Way } from './foreign-rules.ts';
import { parseSaved } from './legacy-rules.ts';
import { parseRuleset, type Statement } from './ruleset.ts';

const WAY: Way = { interfaceName: 'postern0', egressInterface: 'eth0', addresses: ['10.86.0.1/22'] };
const both: Way = { ...WAY, addresses: ['10.86.0.1/22', 'fd86::1/64'] };

const chain = (name: string, rules: Statement[][], change: object = {}, family = 'ip', table = 'filter') => [
  { chain: { family, table, name, ...change } },
  ...rules.map((expr) => ({ rule: { family, table, chain: name, expr } })),
];
const forward = (rules: Statement[][] = [], policy = 'drop', family = 'ip', table = 'filter') =>
  chain('FORWARD', rules, { hook: 'forward', policy }, family, table);
const found = (nftables: object[], way: Way = WAY) =>
  foreignForwardDrops(
    parseRuleset(JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, ...nftables] })),
    way,
    'postern_postern0',
  );
const drops = (nftables: object[], way: Way = WAY) =>
  found(nftables, way).map(({ table, chain: name }) => `${table} ${name}`);

const is = (left: object, right: unknown, op = '=='): Statement => ({ match: { op, left, right } });
const iif = (name: unknown, op?: string) => is({ meta: { key: 'iifname' } }, name, op);
const oif = (name: unknown, op?: string) => is({ meta: { key: 'oifname' } }, name, op);
const state = (...right: string[]) => is({ ct: { key: 'state' } }, right, 'in');
const from = (addr: string, len: number) =>
  is({ payload: { protocol: 'ip', field: 'saddr' } }, { prefix: { addr, len } });
const counter = { counter: { packets: 0, bytes: 0 } };
const accept = { accept: null };
const established = [state('established', 'related'), accept];
/** As iptables-nft writes it: nft does not say what is asked of the connection. */
const conntrack = { xt: { type: 'match', name: 'conntrack' } };
const icmp = [is({ meta: { key: 'l4proto' } }, 'icmp'), { xt: { type: 'match', name: 'icmp' } }, accept];

describe('what another firewall drops of what we forward', () => {
  it('is named by table and chain', () => {
    expect(drops(forward())).toEqual(['ip filter FORWARD']);
    expect(drops(forward([], 'drop', 'inet', 'fw'))).toEqual(['inet fw FORWARD']);
  });

  it('is not what accepts by default, another hook, or our own table', () => {
    expect(drops(forward([], 'accept'))).toEqual([]);
    expect(drops(chain('INPUT', [], { hook: 'input', policy: 'drop' }))).toEqual([]);
    expect(drops(forward([], 'drop', 'inet', 'postern_postern0'))).toEqual([]);
  });

  it('is only what is of a family that the tunnel has', () => {
    const rules = [...forward([], 'accept'), ...forward([], 'drop', 'ip6')];
    expect(drops(rules)).toEqual([]);
    expect(drops(rules, both)).toEqual(['ip6 filter FORWARD']);
    // One family of two is enough.
    const noV6 = [[is({ meta: { key: 'nfproto' } }, 'ipv6'), { drop: null }]];
    expect(drops(forward(noV6, 'accept', 'inet', 'fw'), both)).toEqual(['inet fw FORWARD']);
    expect(drops(forward(noV6, 'accept', 'inet', 'fw'))).toEqual([]);
  });

  it("is Docker's, until a rule lets both directions through", () => {
    const docker = (...user: Statement[][]) => [
      ...forward([
        [counter, { jump: { target: 'DOCKER-USER' } }],
        [oif('docker0'), conntrack, counter, accept],
        [oif('docker0'), { jump: { target: 'DOCKER' } }],
        [iif('docker0'), oif('docker0', '!='), accept],
      ]),
      ...chain('DOCKER-USER', [...user, [counter, { return: null }]]),
      ...chain('DOCKER', [[is({ payload: { protocol: 'tcp', field: 'dport' } }, 80), accept]]),
    ];
    const routed = { ...WAY, egressInterface: null };
    for (const way of [WAY, routed]) {
      expect(drops(docker(), way)).toEqual(['ip filter FORWARD']);
      expect(drops(docker([iif('postern0'), accept]), way)).toEqual(['ip filter FORWARD']);
      expect(drops(docker([iif('postern01'), accept], [oif('postern0'), accept]), way)).toHaveLength(1);
      expect(drops(docker([iif('postern0'), accept], [oif('postern0'), accept]), way)).toEqual([]);
    }
  });

  it("is ufw's, whose exceptions are for answers and echo", () => {
    const ufw = (...route: Statement[][]) => [
      ...forward([[{ jump: { target: 'before' } }], [{ jump: { target: 'user' } }]]),
      ...chain('before', [[conntrack, accept], icmp]),
      ...chain('user', route),
    ];
    expect(drops(ufw())).toEqual(['ip filter FORWARD']);
    expect(drops(ufw([iif('postern0'), accept]))).toEqual([]);
    expect(drops(ufw([iif('postern0'), conntrack, accept]))).toEqual([]);
  });

  it("is a refusal at the end of a chain that accepts by default, as firewalld's and some clouds' images", () => {
    const firewalld = (...zones: Statement[][]) => [
      ...forward(
        [
          established,
          [is({ ct: { key: 'status' } }, 'dnat', 'in'), accept],
          [iif('lo'), accept],
          [{ jump: { target: 'zones' } }],
          [state('invalid'), { drop: null }],
          [{ reject: { type: 'icmpx', expr: 'admin-prohibited' } }],
        ],
        'accept',
        'inet',
        'firewalld',
      ),
      ...chain('zones', zones, {}, 'inet', 'firewalld'),
      ...chain('trusted', [[accept]], {}, 'inet', 'firewalld'),
    ];
    expect(drops(firewalld([iif('eth1'), { goto: { target: 'trusted' } }]))).toEqual([
      'inet firewalld FORWARD',
    ]);
    expect(drops(firewalld([iif('postern0'), { goto: { target: 'trusted' } }]))).toEqual([]);
    const cloud = [
      [conntrack, accept],
      [counter, { xt: { type: 'target', name: 'REJECT' } }],
    ];
    expect(drops(forward(cloud, 'accept'))).toEqual(['ip filter FORWARD']);
  });

  it('is not what lets some members or some places through, or is not understood', () => {
    const lets = (...rule: Statement[]) => drops(forward([established, [...rule, accept]])).length === 0;
    expect(lets(from('10.0.0.0', 8))).toBe(true);
    expect(lets(from('10.86.1.0', 24))).toBe(true);
    expect(lets(from('10.90.0.0', 16))).toBe(false);
    expect(lets(is({ payload: { protocol: 'ip', field: 'daddr' } }, '10.1.2.3'))).toBe(true);
    expect(lets(is({ payload: { protocol: 'udp', field: 'dport' } }, 53))).toBe(false);
    expect(lets(is({ payload: { protocol: 'ip6', field: 'daddr' } }, '::1', '!='))).toBe(false);
    expect(lets(iif('@trusted'))).toBe(true);
    expect(lets(iif({ set: ['eth1', 'postern0'] }))).toBe(true);
    expect(lets(iif({ set: ['eth1', 'eth2'] }))).toBe(false);
    expect(lets(iif('postern*'))).toBe(true);
    expect(lets(iif('postern0', '!='))).toBe(false);
    expect(lets({ 'something new': {} })).toBe(true);
  });

  it('follows a map of verdicts, and a goto out of its chain', () => {
    const vmap = (key: object, ...set: [unknown, object][]): Statement => ({ vmap: { key, data: { set } } });
    const byState = vmap({ ct: { key: 'state' } }, ['established', accept], ['invalid', { drop: null }]);
    expect(drops(forward([[byState]]))).toHaveLength(1);
    const byName = vmap({ meta: { key: 'iifname' } }, ['postern0', { goto: { target: 'vpn' } }]);
    const vpn = (...rules: Statement[][]) => [
      ...forward([[byState], [byName], [accept]]),
      ...chain('vpn', rules),
    ];
    expect(drops(vpn([accept]))).toEqual([]);
    // What comes back from there is past the accept.
    expect(drops(forward([[{ goto: { target: 'vpn' } }], [accept]]).concat(chain('vpn', [])))).toHaveLength(
      1,
    );
    expect(drops(vpn([{ drop: null }]))).toHaveLength(1);
    expect(drops(forward([[{ vmap: { key: { meta: { key: 'iifname' } }, data: '@zones' } }]]))).toEqual([]);
  });

  it('comes with what to run', () => {
    const remedies = (nftables: object[], way: Way = WAY) =>
      found(nftables, way).map((drop) => remedyFor(drop, 'postern0'));
    const inserted = (program: string, into: string) => [
      `${program} -I ${into} -i postern0 -j ACCEPT && ${program} -I ${into} -o postern0 -j ACCEPT`,
    ];
    expect(remedies(forward())).toEqual(inserted('iptables', 'FORWARD'));
    expect(remedies(forward([], 'drop', 'ip6'), both)).toEqual(inserted('ip6tables', 'FORWARD'));
    const docker = chain('DOCKER-USER', []);
    expect(remedies([...forward(), ...docker])).toEqual(inserted('iptables', 'DOCKER-USER'));
    const ufw = chain('ufw-before-forward', []);
    expect(remedies([...forward(), ...ufw])).toEqual([
      'ufw route allow in on postern0 && ufw route allow out on postern0',
    ]);
    expect(remedies([...forward(), ...ufw, ...docker])).toEqual(inserted('iptables', 'DOCKER-USER'));
    expect(remedies(forward([], 'drop', 'inet', 'fw'))).toEqual([
      'nft insert rule inet fw FORWARD iifname postern0 accept && nft insert rule inet fw FORWARD oifname postern0 accept',
    ]);
    expect(remedies(forward([], 'drop', 'inet', 'firewalld'))).toEqual([
      'firewall-cmd --permanent --zone=trusted --add-interface=postern0 && firewall-cmd --reload',
    ]);
  });
});

describe('rules of the old iptables', () => {
  const drop = (...lines: string[]) =>
    foreignForwardDrops(
      [parseSaved(['*filter', ':INPUT DROP [0:0]', ...lines, 'COMMIT'].join('\n'), 'ipv4', 'ip')],
      WAY,
      'postern_postern0',
    );

  it('count as those of nft', () => {
    expect(drop(':FORWARD ACCEPT [0:0]')).toEqual([]);
    const [dropping] = drop(
      ':FORWARD DROP [12:720]',
      ':DOCKER-USER - [0:0]',
      '-A FORWARD -j DOCKER-USER',
      '-A FORWARD -i docker0 ! -o docker0 -j ACCEPT',
      '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-A FORWARD -p icmp -m icmp --icmp-type 8 -j ACCEPT',
      '-A FORWARD -m comment --comment "not -j ACCEPT by hand" -j LOG',
      '-A DOCKER-USER -j RETURN',
    );
    expect(dropping).toEqual({ table: 'iptables-legacy ip', chain: 'FORWARD', program: 'docker' });
    expect(dropping && remedyFor(dropping, 'postern0')).toBe(
      'iptables-legacy -I DOCKER-USER -i postern0 -j ACCEPT && iptables-legacy -I DOCKER-USER -o postern0 -j ACCEPT',
    );
  });

  it('let through what they name', () => {
    const answers = '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';
    for (const rule of [
      '-i postern+',
      '-s 10.86.0.0/22',
      '! -i eth0',
      '-m set --match-set vpn src',
      '-d 10.1.2.3/32',
    ])
      expect(drop(':FORWARD DROP [0:0]', answers, `-A FORWARD ${rule} -j ACCEPT`)).toEqual([]);
    expect(
      drop(':FORWARD ACCEPT [0:0]', '-A FORWARD -j REJECT --reject-with icmp-host-prohibited'),
    ).toHaveLength(1);
    expect(drop(':FORWARD ACCEPT [0:0]', '-A FORWARD -d 10.1.2.3/32 -j DROP')).toEqual([]);
  });
});
