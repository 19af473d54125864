import type { GuardClaims, GuardMode } from '../../src-shared/guard.ts';
import { isStricter } from '../../src-shared/guard-mode.ts';

/** A server's newest word to one device of this computer. A released one counts for nothing until a newer one comes. */
export interface KnownGuard {
  claims: GuardClaims;
  isReleased: boolean;
}

/** What the kernel is asked to hold back. */
export interface GuardDemand {
  mode: Exclude<GuardMode, 'off'>;
  /** The team's: CIDR, each once. */
  networks: string[];
  /** `address:port`, TCP. */
  control: string[];
  allowLan: boolean;
  /** How much longer the page of a network is open, milliseconds; 0: it is closed. */
  openForMs: number;
  /** Bytes come through the tunnel: with `always`, what is not for the team goes its own way. */
  isTunnelUp: boolean;
}

/** Everything that is asked for on this computer, taken together: the strictest of each. */
export interface Asked {
  mode: GuardMode;
  source: 'team' | 'user';
  networks: string[];
  control: string[];
  allowLan: boolean;
  portalMinutes: number;
  userMayRelease: boolean;
  /** Seconds since 1970, of the last word of a team that holds something back; null without one. */
  until: number | null;
}

/**
 * `counting`: the words whose mode counts. `known`: these, and what has run out or was released, which still say what a
 * team has and where its server is. `own`: what users want beyond the teams; before any word is known nobody could say
 * what that would be, nor where a server is, and it does not begin.
 */
export function askedOf(
  counting: readonly GuardClaims[],
  known: readonly GuardClaims[],
  own: readonly GuardMode[],
): Asked {
  const holding = counting.filter(({ mode }) => mode !== 'off');
  const teamMode = strictest(holding.map(({ mode }) => mode));
  const userMode = known.length > 0 ? strictest(own) : 'off';
  const isUsers = isStricter(userMode, teamMode);
  // A user who holds back more than the team asks for opens it again by asking for less.
  const limits = (holding.length > 0 ? holding : known).map(({ portalMinutes }) => portalMinutes);
  return {
    mode: isUsers ? userMode : teamMode,
    source: isUsers ? 'user' : 'team',
    // A team that holds nothing back takes nothing away, unless a user wants just that.
    networks: unique((userMode === 'off' ? holding : known).flatMap(({ networks }) => networks)),
    control: unique(known.flatMap(({ control }) => control)),
    allowLan: holding.every(({ allowLan }) => allowLan),
    portalMinutes: limits.length > 0 ? Math.min(...limits) : 0,
    userMayRelease: holding.length > 0 && holding.every(({ userMayRelease }) => userMayRelease),
    until: holding.length > 0 ? Math.max(...holding.map(({ until }) => until)) : null,
  };
}

function strictest(modes: readonly GuardMode[]): GuardMode {
  return modes.reduce<GuardMode>((most, mode) => (isStricter(mode, most) ? mode : most), 'off');
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];
