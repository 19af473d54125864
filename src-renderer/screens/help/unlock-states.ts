import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';
import { bestProvider, obstacleOf, systemWay } from '../../parts/unlock/ways.ts';
import type { AppLanguage } from '../../strings/use-words.ts';
import type { PartState } from './part-state.ts';

/** What is set up for unlocking this device, and whether this computer can ask its user. */
export function unlockStates(snapshot: AppSnapshot, { w }: AppLanguage): PartState[] {
  const { enrolled, providers } = snapshot.unlock;
  const system = systemWay(snapshot.app.platform, w);
  const name = w.unlock.help.part;
  const isAsked = snapshot.policy?.unlockPriorConnection === true;
  const obstacle = obstacleOf(providers);
  const asks: PartState =
    obstacle === null && bestProvider(providers)
      ? { name: system.name, level: 'good', text: w.unlock.help.works }
      : {
          name: system.name,
          level: 'idle',
          text: `${w.unlock.obstacles[obstacle ?? 'not-here'].why}. ${w.unlock.obstacles[obstacle ?? 'not-here'].todo}`,
        };
  if (enrolled === null) return [{ name, level: 'idle', text: w.unlock.help.unknown }, asks];
  const ways = [
    ...(enrolled.pin ? [w.unlock.pin.name] : []),
    ...(enrolled.uvHw || enrolled.uvSoft ? [system.name] : []),
  ];
  if (ways.length > 0) return [{ name, level: 'good', text: w.unlock.help.ready(ways.join(', ')) }, asks];
  const missing: PartState = isAsked
    ? { name, level: 'attention', text: w.unlock.help.noneNeeded }
    : { name, level: 'idle', text: w.unlock.help.none };
  return [missing, asks];
}
