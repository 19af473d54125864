import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';
import type { Language } from '../../../src-ui/strings/language.ts';
import { bestProvider, obstacleOf, systemWay } from '../../parts/unlock/ways.ts';
import type { PartState } from './part-states.ts';

/** What is set up for unlocking this device, and whether this computer can ask its user. */
export function unlockStates(snapshot: AppSnapshot, { t }: Language): PartState[] {
  const { enrolled, providers } = snapshot.unlock;
  const system = systemWay(snapshot.app.platform, t);
  const name = t.unlock.help.part;
  const isAsked = snapshot.policy?.unlockPriorConnection === true;
  const obstacle = obstacleOf(providers);
  const asks: PartState =
    obstacle === null && bestProvider(providers)
      ? { name: system.name, level: 'good', text: t.unlock.help.works }
      : {
          name: system.name,
          level: 'idle',
          text: `${t.unlock.obstacles[obstacle ?? 'not-here'].why}. ${t.unlock.obstacles[obstacle ?? 'not-here'].todo}`,
        };
  if (enrolled === null) return [{ name, level: 'idle', text: t.unlock.help.unknown }, asks];
  const ways = [
    ...(enrolled.pin ? [t.unlock.pin.name] : []),
    ...(enrolled.uvHw || enrolled.uvSoft ? [system.name] : []),
  ];
  if (ways.length > 0) return [{ name, level: 'good', text: t.unlock.help.ready(ways.join(', ')) }, asks];
  const missing: PartState = isAsked
    ? { name, level: 'attention', text: t.unlock.help.noneNeeded }
    : { name, level: 'idle', text: t.unlock.help.none };
  return [missing, asks];
}
