import { expect, test } from 'vitest';
import { linuxAttachment } from './attachment.ts';

const routes = (...lines: string[]) =>
  ['Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT', ...lines, ''].join(
    '\n',
  );
const arp = (...lines: string[]) =>
  ['IP address       HW type     Flags       HW address            Mask     Device', ...lines, ''].join('\n');
const named = (route: string | null, neighbours: string | null) =>
  linuxAttachment((path) => (path === '/proc/net/route' ? route : neighbours));

const wifi = 'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0';
const cable = 'eth0\t00000000\tFE01A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0';
const lan = 'eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0';
const tunnel = 'wg0\t00000000\t0100070A\t0003\t0\t0\t0\t00000000\t0\t0\t0';
const wifiRouter = '192.168.1.1      0x1         0x2         02:00:00:00:00:01     *        wlan0';
const cableRouter = '192.168.1.254    0x1         0x2         02:00:00:00:00:02     *        eth0';

test.each([
  ['its router', routes(wifi, lan), arp(wifiRouter), '192.168.1.1 02:00:00:00:00:01'],
  [
    'the router that is used first',
    routes(wifi, cable, lan),
    arp(wifiRouter, cableRouter),
    '192.168.1.254 02:00:00:00:00:02',
  ],
  [
    'none of a tunnel',
    routes(tunnel, wifi),
    arp(wifiRouter, '10.7.0.1 0x1 0x2 02:00:00:00:00:09 * wg0'),
    '192.168.1.1 02:00:00:00:00:01',
  ],
  ['nothing without a router', routes(lan), arp(wifiRouter), null],
  [
    'nothing of a router that has not answered',
    routes(wifi),
    arp('192.168.1.1 0x1 0x0 00:00:00:00:00:00 * wlan0'),
    null,
  ],
  ['nothing of a router that is known on another line', routes(cable), arp(wifiRouter), null],
  ['nothing where the system has no such files', null, null, null],
  ['nothing of nonsense', 'x\ny z\n', '\n', null],
])('a network is named by %s', (_, route, neighbours, expected) => {
  expect(named(route, neighbours)).toBe(expected);
});
