import { beforeEach, describe, expect, it } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import { grant, proof, refuse, refuseFlat, signedIn } from './testing/machine-steps.ts';
import { type MachineWorld, makeLease } from './testing/machine-world.ts';

const unheard = problem('gateway-unavailable', undefined, { isProofSpent: false });

describe('before there is a lease', () => {
  let world: MachineWorld;
  const online = (...gateways: string[]) =>
    world.feed({ type: 'server.gateways', online: gateways, troubled: [] });
  const connect = (isAuto = true) =>
    world.feed({ type: 'user.connect', gatewayId: 'gw2', source: 'cli', isAuto });
  const asked = () => world.last('requestConnection').gatewayId;
  const requests = () => world.allEffects.filter(({ type }) => type === 'requestConnection').length;
  const wait = () => world.feed({ type: 'retry-due', id: world.machine.retry ?? 0 });
  beforeEach(() => {
    world = signedIn();
    online('gw2', 'gw1');
  });

  it('the gate turns to a gateway that is online, before a code is typed', () => {
    connect();
    const challenge = refuse(world);
    online('gw1');
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { gatewayId: 'gw1', challenge } });
    world.feed({ type: 'user.submit', proof: proof('a') });
    expect(world.last('requestConnection')).toMatchObject({ gatewayId: 'gw1', challenge });
    const lease = grant(world, { ...makeLease(1), gatewayId: 'gw1' });
    expect(world.view).toMatchObject({ phase: 'connecting', gatewayId: 'gw1', lease });
  });

  it('the gate turns where the server does not hear the gateway, and the code of before is sent there', () => {
    connect();
    refuse(world);
    world.feed({ type: 'user.submit', proof: proof('a') });
    refuseFlat(world, unheard);
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { gatewayId: 'gw1', isChecking: false } });
    world.feed({ type: 'user.submit', proof: proof('a') });
    expect(world.last('requestConnection')).toMatchObject({ gatewayId: 'gw1', proof: expect.anything() });
  });

  it('an answer that is on its way is waited for, then the gate turns', () => {
    connect();
    refuse(world);
    world.feed({ type: 'user.submit', proof: proof('a') });
    online('gw1');
    expect(world.view).toMatchObject({ prompt: { gatewayId: 'gw2', isChecking: true } });
    refuseFlat(world, problem('invalid-code'));
    expect(world.view).toMatchObject({ prompt: { gatewayId: 'gw1', lastFailure: { code: 'invalid-code' } } });
  });

  it('the gate turns after access has ended, too', () => {
    connect();
    grant(world, { ...makeLease(1), gatewayId: 'gw2' });
    online('gw1');
    world.feed({ type: 'channel.opened', epoch: 2 });
    refuse(world);
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { gatewayId: 'gw1' } });
  });

  it('whichever is online is taken at once, when both were gone and one comes back', () => {
    online();
    connect();
    refuseFlat(world, unheard);
    expect(world.view).toMatchObject({ phase: 'reconnecting', gatewayId: 'gw2' });
    online('gw1');
    expect(asked()).toBe('gw1');
    expect(world.view).toMatchObject({ phase: 'reconnecting', gatewayId: 'gw1', cause: null });
  });

  it('one after the other is tried where the server hears none that it calls online, each after a wait', () => {
    connect();
    refuseFlat(world, unheard);
    expect(world.view).toMatchObject({ phase: 'reconnecting', gatewayId: 'gw2', cause: unheard });
    const before = requests();
    wait();
    expect([asked(), requests()]).toEqual(['gw1', before + 1]);
    refuseFlat(world, unheard);
    wait();
    expect(asked()).toBe('gw2');
  });

  it('a gateway that the user chose is waited for', () => {
    connect(false);
    refuse(world);
    online('gw1');
    world.feed({ type: 'user.submit', proof: proof('a') });
    refuseFlat(world, unheard);
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { gatewayId: 'gw2' } });
    world.feed({ type: 'user.disconnect', source: 'cli' });
    connect(false);
    refuseFlat(world, unheard);
    online('gw1');
    wait();
    expect(asked()).toBe('gw2');
  });
});
