import type { Overlap } from '../../src-shared/overlap.ts';
import type { View } from './view-schema.ts';
import type { Words } from './words.ts';

const isWhere = {
  local: 'it stays outside the tunnel',
  team: 'it goes through the tunnel, and what has such an address here cannot be reached',
} as const;
const other = { local: 'team', team: 'local' } as const;

/** Whose a network is that team and surroundings both have, and what can be done about it. */
export function overlapWords({ networks, side, choice }: Overlap): Words & { isFine: boolean } {
  const sentence = (why: string) =>
    `Your team's network ${networks.join(', ')} is also the network here: ${isWhere[side]}${why}.`;
  switch (choice) {
    case 'none':
      return {
        sentence: sentence(''),
        nextStep: "Use another network, for example your phone's.",
        isFine: false,
      };
    case 'guard':
      return { sentence: sentence(', because of what is held back'), nextStep: null, isFine: true };
    case 'made':
      return {
        sentence: sentence(', as you chose for this network'),
        nextStep: `Change it with 'postern overlap ${other[side]}'.`,
        isFine: true,
      };
    case 'open':
      return {
        sentence: sentence(' until you choose'),
        nextStep:
          "Choose with 'postern overlap local' (it stays with the network here) or 'postern overlap team' (through the tunnel).",
        isFine: false,
      };
  }
}

/** After the gateway of a connection was removed: which others there are. */
export function otherGateways({ gateways }: Pick<View, 'gateways'>, gone: string | null): string {
  const others = gateways.filter(({ id, isOnline }) => id !== gone && isOnline);
  const [first] = others;
  if (!first) return 'Your team has no other gateway that is online.';
  const names = others.map(({ name }) => name).join(', ');
  return `You may use ${names}: postern connect ${/^[\w.-]+$/.test(first.name) ? first.name : `'${first.name}'`}`;
}

/** What the network that this computer is on keeps from the tunnel. */
export function networkTroubles(
  view: Pick<View, 'overlap' | 'areNamesUnmanaged' | 'areNamesUnsplit'>,
): (Words & { isFine: boolean })[] {
  return [
    ...(view.overlap ? [overlapWords(view.overlap)] : []),
    ...(view.areNamesUnmanaged
      ? [
          {
            sentence: 'Names are not resolved through the tunnel: nothing on this computer manages them.',
            nextStep: 'Install systemd-resolved or resolvconf.',
            isFine: false,
          },
        ]
      : []),
    ...(view.areNamesUnsplit
      ? [
          {
            sentence:
              "Names of your team are not resolved through the tunnel: this computer asks one place for all names, and your team's resolvers are for some.",
            nextStep: 'Install systemd-resolved.',
            isFine: false,
          },
        ]
      : []),
  ];
}
