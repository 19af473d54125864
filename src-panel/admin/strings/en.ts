import { countingIn } from '../../../src-ui/format/counting.ts';
import { enIntegration } from './en-integration.ts';

const { number, plural } = countingIn('en');

/** Every word of the administrators' pages in English; other languages have these keys. */
export const en = {
  ...enIntegration,
  nav: {
    overview: 'Overview',
    members: 'Members',
    policy: 'Login security',
    gateways: 'Gateways',
    tokens: 'API tokens',
    audit: 'Audit log',
    api: 'API',
  },
  roles: { owner: 'Owner', administrator: 'Administrator', member: 'Member' },
  never: 'Never',
  overview: {
    title: 'Overview',
    text: 'What is going on now, and what was.',
    connected: 'Connected',
    connectedOf: (members: number) => `of ${plural(members, 'member', 'members')}`,
    gateways: 'Gateways online',
    gatewaysOf: (count: number, degraded: number) =>
      `of ${plural(count, 'gateway', 'gateways')}${degraded === 0 ? '' : `, ${degraded} degraded`}`,
    disconnects: 'Disconnects',
    stepUps: 'Step-ups',
    refusals: 'Refusals',
    inRange: { '24h': 'in 24 hours', '7d': 'in 7 days', '30d': 'in 30 days' },
    attention: 'Needs attention',
    nothing: 'Nothing needs your attention.',
    look: 'Look',
    chart: 'Disconnects and step-ups',
    chartText:
      'Step-ups: proofs that were accepted before a connection or at sign-in. Refusals: proofs and passwords that were not.',
    range: 'Range',
    ranges: { '24h': '24 hours', '7d': '7 days', '30d': '30 days' },
    view: 'Shown as',
    views: { chart: 'Chart', table: 'Table' },
    chartLabel: (disconnects: number, stepUps: number, refusals: number) =>
      `${plural(disconnects, 'disconnect', 'disconnects')}, ${plural(stepUps, 'step-up', 'step-ups')}, ${plural(refusals, 'refusal', 'refusals')}. The table has each number.`,
    from: 'From',
    now: 'Connected now',
    nobody: 'Nobody is connected',
    nobodyText: 'Whoever connects appears here.',
    moreConnected: (count: number) =>
      `${plural(count, 'more connection', 'more connections')} among the members.`,
    member: 'Member',
    device: 'Device',
    gateway: 'Gateway',
    since: 'Since',
    kinds: {
      'no-gate': 'Neither gate policy is on: a step-up disconnect is without effect.',
      'no-unlock-method': 'Unlocking is asked for, and no way of it is allowed: nobody can connect.',
      'audit-broken': (row: number) => `The chain of the audit log is broken at row ${row}.`,
      'gateway-offline': (name: string, since: string | null) =>
        since === null
          ? `Gateway ${name} has never been in contact.`
          : `Gateway ${name} has been offline since ${since}.`,
      'gateway-degraded': (name: string, detail: string) => `Gateway ${name} is degraded. ${detail}`,
      'end-unconfirmed': (count: number) =>
        `${plural(count, 'ended connection is', 'ended connections are')} not yet confirmed by a gateway.`,
      'members-without-mfa': (count: number, names: string) =>
        `${plural(count, 'member has', 'members have')} no authenticator, though MFA is required: ${names}`,
      'factor-disabled': (count: number, names: string) =>
        `${plural(count, 'authenticator is', 'authenticators are')} disabled after too many wrong codes: ${names}`,
      'reset-pending': (count: number, names: string) =>
        `${plural(count, 'MFA reset waits', 'MFA resets wait')} for the member: ${names}`,
      'tokens-suspended': (count: number, names: string) =>
        `${plural(count, 'API token is', 'API tokens are')} refused since the backup was put back, until an owner confirms: ${names}`,
      'token-expiring': (name: string, at: string) => `The API token ${name} expires ${at}.`,
      'guard-failed': (count: number, names: string) =>
        `${plural(count, 'member has', 'members have')} a device that fails to hold traffic back: ${names}`,
      'server-address-unknown': (address: string, count: number, names: string) =>
        `${plural(count, 'member reaches', 'members reach')} this server at ${address}, which is none of its known addresses: ${names}. Under a full tunnel they do not hear of a disconnect. If the address is yours, add it to publicAddresses.`,
      'mail-not-configured':
        'No mail server is configured: MFA cannot be reset, and members are told nothing by mail.',
      'mail-stuck': (since: string, why: string) =>
        `No mail has gone out since ${since}, though it is tried again and again. The last try: ${why}`,
      'mail-failed': (count: number, names: string, why: string) =>
        `The last mail to ${plural(count, 'member', 'members')} was given up: ${names}. The newest reason: ${why}`,
      certificate: {
        expired: (host: string, date: string) =>
          `The certificate of ${host} expired on ${date}: clients and gateways do not come in any more.`,
        expiring: (host: string, date: string) =>
          `The certificate of ${host} expires on ${date}. From then on nobody can connect.`,
        'not-yet-valid': (host: string, date: string) =>
          `The certificate of ${host} is not valid before ${date}. Is the clock of the server right?`,
        'wrong-name': (host: string, names: string) =>
          `The certificate of the server is for ${names}, not for ${host}: clients refuse it.`,
      },
    },
    others: (count: number) => `and ${plural(count, 'other', 'others')}`,
  },
  members: {
    title: 'Members',
    text: 'Who may sign in, and where they are connected.',
    add: 'Add member',
    search: 'Search name or e-mail',
    status: 'Status',
    statuses: {
      '': 'All',
      active: 'Not blocked',
      blocked: 'Blocked',
      connected: 'Connected',
      'no-mfa': 'Without MFA',
      'mfa-disabled': 'Authenticator disabled',
      'reset-pending': 'Reset pending',
    },
    role: 'Role',
    allRoles: 'All',
    total: (count: number) => plural(count, 'member', 'members'),
    name: 'Name',
    email: 'E-mail',
    state: 'Status',
    lastSeen: 'Last seen',
    connectedWhere: 'Connected',
    notConnected: 'Not connected',
    via: (gateway: string) => `via ${gateway}`,
    viaCount: (count: number) => `on ${plural(count, 'device', 'devices')}`,
    marks: {
      active: 'Active',
      blocked: 'Blocked',
      noMfa: 'No MFA',
      mfaDisabled: 'Authenticator disabled',
      resetPending: 'Reset pending',
    },
    empty: 'Nobody fits',
    emptyText: 'Try fewer letters, or another status.',
    emailTaken: 'Another member has this e-mail address.',
    addTitle: 'Add a member',
    addText: 'They sign in with a temporary password, which you see once.',
    addDo: 'Add',
    addedTitle: (name: string) => `${name} is a member now`,
    addedText:
      'Hand over this temporary password on a way that you trust. It is shown only now. It works for 7 days; at the first sign-in another one is asked for.',
    temporaryPassword: 'Temporary password',
    understood: 'I have handed it over',
    roleHints: {
      owner: 'Everything, also making owners and administrators.',
      administrator: 'Members, policies, gateways, tokens and the audit log.',
      member: 'Their own account and connections.',
    },
    required: 'Fill in this field.',
  },
  member: {
    back: 'Members',
    since: (date: string) => `Member since ${date}`,
    edit: 'Edit',
    editTitle: 'Edit member',
    save: 'Save',
    saved: 'Saved.',
    disconnect: 'Disconnect',
    disconnectTitle: (name: string) => `Disconnect ${name}?`,
    disconnectText:
      'Every connection ends at the gateway at once, and the member is signed out of the Control Panel. Before the next one, the member proves again who they are.',
    disconnectNoGate:
      'No gate policy is on: the client may reconnect by itself at once, without being asked for anything.',
    isSignedOut: 'The member is signed out of the Control Panel.',
    reason: 'Reason (optional)',
    reasonHint: 'The member sees it. At most 200 characters.',
    reasonTooLong: 'At most 200 characters.',
    incident: 'Incident number (optional)',
    resultTitle: 'Disconnected',
    ended: (count: number) =>
      count === 0
        ? 'There was no connection to end.'
        : `${plural(count, 'connection', 'connections')} ended.`,
    enforced: 'Every gateway has confirmed it: no packet passes any more.',
    notEnforced: 'A gateway has not confirmed it yet. It is told until it does; look again in a moment.',
    notified: (count: number) => `${plural(count, 'device was', 'devices were')} told at once.`,
    offline: (count: number) => `${plural(count, 'device hears', 'devices hear')} of it on coming back.`,
    done: 'Done',
    connections: 'Connections',
    noConnections: 'Not connected.',
    address: 'Address',
    until: 'Until',
    mfa: 'Second factor',
    mfaStates: {
      none: 'No authenticator is set up.',
      active: 'An authenticator is set up.',
      disabled: 'The authenticator is disabled after too many wrong codes.',
    },
    codesLeft: (count: number) => `${plural(count, 'backup code', 'backup codes')} left.`,
    enable: 'Enable again',
    enabled: 'The authenticator counts again.',
    reset: 'Reset MFA',
    resetTitle: (name: string) => `Reset MFA of ${name}?`,
    resetText: (email: string) =>
      `Nothing changes at once. ${email} gets a link that works once, for 24 hours. It asks for the password and sets up a new authenticator; only then does the old one end.`,
    resetDo: 'Send the link',
    resetPending: 'A reset is pending',
    resetBy: (who: string, until: string) => `Asked for by ${who}. The link works until ${until}.`,
    withdraw: 'Withdraw',
    withdrawLabel: (name: string) => `Withdraw the reset of ${name}`,
    withdrawn: 'The reset is withdrawn: the link does not work any more.',
    resetSent: (email: string) => `The link is on its way to ${email}. Until it is used, nothing changes.`,
    mailOff: 'This server has no mail server configured, so it cannot send the link.',
    devices: 'Devices',
    noDevices: 'No devices yet.',
    signedIn: 'Signed in',
    signedOut: 'Signed out',
    guard: {
      exempt: 'Exempt: holds nothing back',
      refused: 'Refused: cannot hold traffic back',
      failed: 'Fails to hold traffic back',
    },
    unlock: { pin: 'PIN', 'uv-hw': 'Hardware key', 'uv-soft': 'System sign-in' },
    unlockName: 'Unlock',
    unlockNone: 'No PIN or biometrics',
    access: 'Access',
    givePassword: 'New temporary password',
    givePasswordTitle: (name: string) => `A temporary password for ${name}?`,
    givePasswordText:
      'The present one ends at once, and with it all sessions and connections. Another one is asked for at the next sign-in.',
    givenTitle: (name: string) => `${name} has a temporary password`,
    passwordHint: 'For who has forgotten the password, or let a temporary one expire.',
    block: 'Block',
    blockTitle: (name: string) => `Block ${name}?`,
    blockText: 'Connections and sessions end at once, and signing in is refused until you unblock.',
    unblock: 'Unblock',
    blocked: 'Blocked: connections and sessions have ended.',
    unblocked: 'Unblocked: signing in works again.',
    blockHint: 'Blocking ends connections and sessions and can be taken back.',
    remove: 'Remove',
    removeTitle: (name: string) => `Remove ${name}?`,
    removeText:
      'Connections and sessions end, devices and authenticator are deleted. This cannot be taken back.',
    tokensEnd: (count: number) =>
      count === 1 ? 'One API token that this member made' : `${count} API tokens that this member made`,
    keepTokens: 'Keep working; without this, they end now',
    removeHint: 'Removing deletes devices and authenticator. The audit log keeps its rows.',
    notYours: 'Only an owner changes owners and administrators.',
    self: 'Nobody blocks or removes oneself.',
    log: 'What was done with this account',
  },
  resets: {
    title: 'Pending MFA resets',
    text: 'Links that were sent and not used yet.',
  },
  policy: {
    title: 'MFA & Login Security',
    text: 'What your team is asked for, and when.',
    noGateDraft:
      'Saved like this, clients may reconnect by themselves, and a step-up disconnect is then without effect.',
    mfaRequired: 'Require MFA at sign-in',
    mfaRequiredText: 'Who has no authenticator is led through setting one up at the next sign-in.',
    panel: 'Control Panel',
    client: 'Client application',
    gate: 'Before a connection',
    totp: 'TOTP Prior Connection',
    totpText: 'Every connect and reconnect needs a code from the authenticator app.',
    unlock: 'PIN & Biometrics Prior Connection',
    unlockText: 'Every connect and reconnect needs an unlock on the device.',
    methods: 'Allowed ways to unlock',
    method: {
      pin: { name: 'PIN', text: 'Checked by the server, with few tries.' },
      'uv-hw': {
        name: 'Hardware key or platform biometrics',
        text: 'Signed by hardware that checks the user.',
      },
      'uv-soft': {
        name: 'System sign-in',
        text: 'Fingerprint or password of the operating system: the weakest, so it counts for hours only.',
      },
    },
    methodMissing: 'Allow at least one way: nobody could connect.',
    softHours: 'A system sign-in counts for (hours)',
    softHoursHint: 'After a PIN, a hardware key or a code. 0 turns it off; at most 168.',
    codeDays: 'Ask for a code as well every (days)',
    codeDaysHint: 'With unlocking alone. 0 turns it off; at most 365.',
    connection: 'Connections',
    longest: 'Longest connection',
    longestHint: 'After that, the member proves again who they are. From a minute to 30 days.',
    unit: 'Unit',
    units: { seconds: 'seconds', minutes: 'minutes', hours: 'hours', days: 'days' },
    traffic: 'Traffic while waiting',
    trafficText:
      'What happens on the device while it is not connected. It holds against accidents and the programs of a user, not against the administrator of that computer; whoever else works on it is held back too.',
    modes: {
      off: { name: 'Normal', text: 'Traffic goes out as if there were no VPN.' },
      gate: {
        name: 'Hold back team traffic',
        text: 'What goes to the networks of your gateways goes through the tunnel or not at all, after a restart or a crash too. Everything else goes out as usual.',
      },
      always: {
        name: 'Block everything',
        text: 'Without a connection nothing leaves the device but what it takes to get one: the way to this server, to the gateway, and an address from the network.',
      },
    },
    allowLan: 'Keep the local network reachable',
    allowLanText: 'Printers and other things of the network that the computer is on.',
    portal: 'The sign-in page of a network may be opened for (minutes)',
    portalHint:
      'As in hotels and trains: names and web pages are let through for so long, at most three times an hour. It is in the audit log. 0 turns it off; at most 60.',
    userMayRelease: 'Users may end the holding back',
    userMayReleaseText:
      'Until their next connection. It is in the audit log. The administrator of the computer always may.',
    cannotGuard: (count: number, total: number) =>
      `${number(count)} of ${plural(total, 'device', 'devices')} cannot do this`,
    cannotGuardText: (old: number, silent: number) =>
      [
        ...(old === 0
          ? []
          : [
              `${old === 1 ? 'One device has' : `${number(old)} devices have`} a Postern that cannot hold traffic back: not exempted, ${old === 1 ? 'it' : 'they'} cannot connect until it is updated.`,
            ]),
        ...(silent === 0
          ? []
          : [
              `${silent === 1 ? 'One device has' : `${number(silent)} devices have`} not said yet whether ${silent === 1 ? 'it' : 'they'} can: let ${silent === 1 ? 'it' : 'them'} connect once first.`,
            ]),
      ].join(' '),
    helper: (version: string) => `Postern helper ${version}`,
    helperUnknown: 'version not told yet',
    exemption: 'Exemption',
    exemptions: 'Exempt devices',
    exemptionsText:
      'They may connect although nothing can be held back on them. Without the exemption the next connection is refused until Postern is updated there.',
    withdraw: 'Withdraw',
    withdrawOf: (device: string) => `Withdraw the exemption of ${device}`,
    exempt: (count: number) =>
      count === 1
        ? 'Let this device connect all the same'
        : `Let these ${number(count)} devices connect all the same`,
    exemptText: 'Nothing is held back on them. An exemption ends by itself once the device can.',
    exemptMissing: (old: number, silent: number) => {
      const them = old + silent === 1 ? 'this device' : 'these devices';
      const first =
        silent === 0
          ? `update Postern on ${old === 1 ? 'it' : 'them'} first`
          : old === 0
            ? `let ${silent === 1 ? 'it' : 'them'} connect once first`
            : 'update Postern where it cannot and let the others connect once first';
      return `Nothing was saved: exempt ${them}, or ${first}.`;
    },
    range: (least: number, most: number) => `A whole number from ${least} to ${most}.`,
    unchanged: 'No changes yet.',
    changes: 'Before you save',
    checking: 'Looking whom this affects…',
    connected: (count: number) => `${plural(count, 'member is', 'members are')} connected`,
    asked: (count: number) => `${number(count)} of them will be asked for a code`,
    unlockAsked: (count: number) => `${number(count)} of them will be asked to unlock`,
    bothAsked: (count: number) => `${number(count)} of them will be asked for a code and to unlock`,
    noneAsked: 'none of them loses the connection',
    cut: (count: number) => `${number(count)} of them will be disconnected`,
    setUpFirst: (count: number) => `${number(count)} of them must set up a PIN or biometrics first.`,
    endSooner: (count: number) =>
      `${plural(count, 'connection ends', 'connections end')} sooner than was said.`,
    setUpMfa: (count: number) =>
      `${plural(count, 'member has', 'members have')} no authenticator and sets one up at the next sign-in.`,
    tightened: 'This tightens the rules and takes effect on live connections at once.',
    save: 'Save',
    discard: 'Discard changes',
    saved: 'Saved. The rules are in force.',
    savedBy: (who: string, when: string) => `Last saved by ${who}, ${when}`,
    savedAt: (when: string) => `Last saved ${when}`,
    defaults: 'As installed; nobody has saved rules yet.',
    conflictTitle: 'Somebody else has saved meanwhile',
    conflictText: (who: string) =>
      `${who} has saved other rules since you began. Nothing of yours was saved, and nothing is lost: choose line by line.`,
    conflictSomebody: 'Somebody else',
    theirs: 'Saved now',
    mine: 'Yours',
    agree: 'Your change is what is saved now. There is nothing left to do.',
    conflictGo: 'Go on with this choice',
    on: 'On',
    off: 'Off',
    hours: (count: number) => plural(count, 'hour', 'hours'),
    days: (count: number) => plural(count, 'day', 'days'),
    minutes: (count: number) => plural(count, 'minute', 'minutes'),
    seconds: (count: number) => plural(count, 'second', 'seconds'),
    graceSeconds: 'A code at sign-in counts for the next connection',
    idleSeconds: 'A silent connection ends after',
    move: 'From a gateway that is gone to another without a new proof',
    mfaPanel: 'MFA for the Control Panel',
    mfaClient: 'MFA for the client application',
  },
};

export type AdminWords = typeof en;
