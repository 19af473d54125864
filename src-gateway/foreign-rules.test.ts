import { describe, expect, it } from 'vitest';
import { foreignForwardDrops, remedyFor } from './foreign-rules.ts';

const chain = (change: object = {}) => ({
  chain: { family: 'ip', table: 'filter', name: 'FORWARD', hook: 'forward', policy: 'drop', ...change },
});
const accepts = (interfaceName: string, verdict: object = { accept: null }) => ({
  rule: {
    family: 'ip',
    table: 'filter',
    chain: 'DOCKER-USER',
    expr: [{ match: { left: { meta: { key: 'iifname' } }, right: interfaceName } }, verdict],
  },
});
const drops = (...nftables: object[]) =>
  foreignForwardDrops(
    JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, ...nftables] }),
    'postern0',
    'postern_postern0',
  );

describe('what another firewall drops of what we forward', () => {
  it('is named by table and chain', () => {
    expect(drops(chain())).toEqual([{ table: 'ip filter', chain: 'FORWARD' }]);
    expect(drops(chain({ family: 'inet', table: 'firewalld', name: 'filter_FORWARD' }))).toHaveLength(1);
  });

  it('is not what accepts by default, another hook, or our own table', () => {
    expect(drops(chain({ policy: 'accept' }), chain({ hook: 'input' }))).toEqual([]);
    expect(drops(chain({ family: 'inet', table: 'postern_postern0', name: 'forward' }))).toEqual([]);
  });

  it('is not what a rule of the same table lets through for our interface', () => {
    expect(drops(chain(), accepts('postern0'))).toEqual([]);
    expect(drops(chain(), accepts('postern0', { jump: { target: 'vpn' } }))).toEqual([]);
    expect(drops(chain(), accepts('postern01'))).toHaveLength(1);
    expect(drops(chain(), accepts('postern0', { drop: null }))).toHaveLength(1);
    expect(drops(chain({ table: 'other' }), accepts('postern0'))).toHaveLength(1);
  });

  it('comes with what to run', () => {
    expect(remedyFor({ table: 'ip filter', chain: 'FORWARD' }, 'postern0')).toContain(
      'iptables -I DOCKER-USER -i postern0 -j ACCEPT',
    );
    expect(remedyFor({ table: 'inet fw', chain: 'fwd' }, 'wg0')).toContain(
      'nft insert rule inet fw fwd iifname wg0 accept',
    );
  });
});
