import { panelShots } from '../../scripts/screens/panel/shots.ts';
import { looksAsKept, withCamera } from '../app/kept-pictures.ts';

looksAsKept(panelShots, withCamera());
