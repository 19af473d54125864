import { ActivityIcon } from '../../src-ui/parts/icons.tsx';
import type { PanelPage } from '../frame/panel-page.ts';
import { AppearanceIcon, LaptopIcon, ShieldIcon } from '../parts/icons.tsx';
import { wordsOf } from '../strings/use-words.ts';
import { ActivityPage } from './activity-page.tsx';
import { AppearancePage } from './appearance-page.tsx';
import { DevicesPage } from './devices-page.tsx';
import { SecurityPage } from './security-page.tsx';

const isFor = () => true;

/** What every member sees of their own, in the order of the navigation. */
export const accountPages: readonly PanelPage[] = [
  {
    path: '/account/security',
    group: 'account',
    name: (language) => wordsOf(language).nav.security,
    Icon: ShieldIcon,
    isFor,
    Page: SecurityPage,
  },
  {
    path: '/account/devices',
    group: 'account',
    name: (language) => wordsOf(language).nav.devices,
    Icon: LaptopIcon,
    isFor,
    Page: DevicesPage,
  },
  {
    path: '/account/activity',
    group: 'account',
    name: (language) => wordsOf(language).nav.activity,
    Icon: ActivityIcon,
    isFor,
    Page: ActivityPage,
  },
  {
    path: '/account/appearance',
    group: 'account',
    name: (language) => wordsOf(language).nav.appearance,
    Icon: AppearanceIcon,
    isFor,
    Page: AppearancePage,
  },
];
