import { countingIn } from '../../../src-ui/format/counting.ts';
import { deIntegration } from './de-integration.ts';
import type { AdminWords } from './en.ts';

const { number, plural } = countingIn('de');

export const de: AdminWords = {
  ...deIntegration,
  nav: {
    overview: 'Übersicht',
    members: 'Mitglieder',
    policy: 'Anmeldesicherheit',
    gateways: 'Gateways',
    tokens: 'API-Tokens',
    audit: 'Protokoll',
    api: 'API',
  },
  roles: { owner: 'Inhaber', administrator: 'Administration', member: 'Mitglied' },
  never: 'Nie',
  overview: {
    title: 'Übersicht',
    text: 'Was jetzt geschieht, und was war.',
    connected: 'Verbunden',
    connectedOf: (members) => `von ${plural(members, 'Mitglied', 'Mitgliedern')}`,
    gateways: 'Gateways online',
    gatewaysOf: (count, degraded) =>
      `von ${plural(count, 'Gateway', 'Gateways')}${degraded === 0 ? '' : `, ${degraded} beeinträchtigt`}`,
    disconnects: 'Trennungen',
    stepUps: 'Nachweise',
    refusals: 'Ablehnungen',
    inRange: { '24h': 'in 24 Stunden', '7d': 'in 7 Tagen', '30d': 'in 30 Tagen' },
    attention: 'Braucht Aufmerksamkeit',
    nothing: 'Nichts braucht Ihre Aufmerksamkeit.',
    look: 'Ansehen',
    chart: 'Trennungen und Nachweise',
    chartText:
      'Nachweise: vor einer Verbindung oder bei der Anmeldung angenommen. Ablehnungen: Nachweise und Passwörter, die nicht angenommen wurden.',
    range: 'Zeitraum',
    ranges: { '24h': '24 Stunden', '7d': '7 Tage', '30d': '30 Tage' },
    view: 'Gezeigt als',
    views: { chart: 'Diagramm', table: 'Tabelle' },
    chartLabel: (disconnects, stepUps, refusals) =>
      `${plural(disconnects, 'Trennung', 'Trennungen')}, ${plural(stepUps, 'Nachweis', 'Nachweise')}, ${plural(refusals, 'Ablehnung', 'Ablehnungen')}. Die Tabelle nennt jede Zahl.`,
    from: 'Ab',
    now: 'Jetzt verbunden',
    nobody: 'Niemand ist verbunden',
    nobodyText: 'Wer sich verbindet, erscheint hier.',
    moreConnected: (count) =>
      `${plural(count, 'weitere Verbindung', 'weitere Verbindungen')} bei den Mitgliedern.`,
    member: 'Mitglied',
    device: 'Gerät',
    gateway: 'Gateway',
    since: 'Seit',
    kinds: {
      'no-gate': 'Keine der beiden Regeln ist an: Eine Trennung bleibt ohne Wirkung.',
      'no-unlock-method':
        'Entsperren wird verlangt, aber keine Art davon ist erlaubt: Niemand kann sich verbinden.',
      'audit-broken': (row) => `Die Kette des Protokolls ist bei Zeile ${row} gebrochen.`,
      'gateway-offline': (name, since) =>
        since === null
          ? `Das Gateway ${name} hat sich noch nie gemeldet.`
          : `Das Gateway ${name} ist seit ${since} offline.`,
      'gateway-degraded': (name, detail) => `Das Gateway ${name} ist beeinträchtigt. ${detail}`,
      'end-unconfirmed': (count) =>
        `${plural(count, 'beendete Verbindung ist', 'beendete Verbindungen sind')} noch nicht von einem Gateway bestätigt.`,
      'members-without-mfa': (count, names) =>
        `${plural(count, 'Mitglied hat', 'Mitglieder haben')} keinen Authenticator, obwohl MFA verlangt wird: ${names}`,
      'factor-disabled': (count, names) =>
        `${plural(count, 'Authenticator ist', 'Authenticatoren sind')} nach zu vielen falschen Codes gesperrt: ${names}`,
      'reset-pending': (count, names) =>
        `${plural(count, 'MFA-Zurücksetzung wartet', 'MFA-Zurücksetzungen warten')} auf das Mitglied: ${names}`,
      'tokens-suspended': (count, names) =>
        `${plural(count, 'API-Token wird', 'API-Tokens werden')} abgelehnt, seit die Sicherung eingespielt wurde, bis sie jemand mit der Rolle Inhaber bestätigt: ${names}`,
      'token-expiring': (name, at) => `Das API-Token ${name} läuft am ${at} ab.`,
      'guard-failed': (count: number, names: string) =>
        `${plural(count, 'Mitglied hat', 'Mitglieder haben')} ein Gerät, das Verkehr nicht zurückhält, obwohl es soll: ${names}`,
      'server-address-unknown': (address: string, count: number, names: string) =>
        `${plural(count, 'Mitglied erreicht', 'Mitglieder erreichen')} diesen Server unter ${address}, was keine seiner bekannten Adressen ist: ${names}. Bei vollem Tunnel erfahren sie nichts von einer Trennung. Wenn die Adresse Ihre ist, tragen Sie sie in publicAddresses ein.`,
      'mail-not-configured':
        'Kein Mailserver ist eingerichtet: MFA lässt sich nicht zurücksetzen, und Mitglieder erhalten keine Mails.',
      'mail-stuck': (since, why) =>
        `Seit ${since} ging keine Mail mehr hinaus, obwohl es immer wieder versucht wird. Der letzte Versuch: ${why}`,
      'mail-failed': (count, names, why) =>
        `Die letzte Mail an ${plural(count, 'Mitglied', 'Mitglieder')} wurde aufgegeben: ${names}. Der neueste Grund: ${why}`,
      certificate: {
        expired: (host, date) =>
          `Das Zertifikat von ${host} ist am ${date} abgelaufen: Clients und Gateways kommen nicht mehr hinein.`,
        expiring: (host, date) =>
          `Das Zertifikat von ${host} läuft am ${date} ab. Dann kann sich niemand mehr verbinden.`,
        'not-yet-valid': (host, date) =>
          `Das Zertifikat von ${host} gilt erst ab ${date}. Stimmt die Uhr des Servers?`,
        'wrong-name': (host, names) =>
          `Das Zertifikat des Servers gilt für ${names}, nicht für ${host}: Clients lehnen es ab.`,
      },
    },
    others: (count) => `und ${plural(count, 'weiteres', 'weitere')}`,
  },
  members: {
    title: 'Mitglieder',
    text: 'Wer sich anmelden darf, und wo sie verbunden sind.',
    add: 'Mitglied hinzufügen',
    search: 'Name oder E-Mail suchen',
    status: 'Status',
    statuses: {
      '': 'Alle',
      active: 'Nicht gesperrt',
      blocked: 'Gesperrt',
      connected: 'Verbunden',
      'no-mfa': 'Ohne MFA',
      'mfa-disabled': 'Authenticator gesperrt',
      'reset-pending': 'Zurücksetzung offen',
    },
    role: 'Rolle',
    allRoles: 'Alle',
    total: (count) => plural(count, 'Mitglied', 'Mitglieder'),
    name: 'Name',
    email: 'E-Mail',
    state: 'Status',
    lastSeen: 'Zuletzt gesehen',
    connectedWhere: 'Verbunden',
    notConnected: 'Nicht verbunden',
    via: (gateway) => `über ${gateway}`,
    viaCount: (count) => `auf ${plural(count, 'Gerät', 'Geräten')}`,
    marks: {
      active: 'Aktiv',
      blocked: 'Gesperrt',
      noMfa: 'Kein MFA',
      mfaDisabled: 'Authenticator gesperrt',
      resetPending: 'Zurücksetzung offen',
    },
    empty: 'Niemand passt',
    emptyText: 'Versuchen Sie es mit weniger Buchstaben oder einem anderen Status.',
    emailTaken: 'Ein anderes Mitglied hat diese E-Mail-Adresse.',
    addTitle: 'Mitglied hinzufügen',
    addText: 'Die erste Anmeldung geschieht mit einem vorläufigen Passwort, das Sie einmal sehen.',
    addDo: 'Hinzufügen',
    addedTitle: (name) => `${name} ist jetzt Mitglied`,
    addedText:
      'Übergeben Sie dieses vorläufige Passwort auf einem sicheren Weg. Es wird nur jetzt gezeigt. Es gilt 7 Tage; bei der ersten Anmeldung wird nach einem anderen gefragt.',
    temporaryPassword: 'Vorläufiges Passwort',
    understood: 'Ich habe es übergeben',
    roleHints: {
      owner: 'Alles, auch Inhaber und Administration ernennen.',
      administrator: 'Mitglieder, Regeln, Gateways, Tokens und Protokoll.',
      member: 'Das eigene Konto und die eigenen Verbindungen.',
    },
    required: 'Füllen Sie dieses Feld aus.',
  },
  member: {
    back: 'Mitglieder',
    since: (date) => `Mitglied seit ${date}`,
    edit: 'Bearbeiten',
    editTitle: 'Mitglied bearbeiten',
    save: 'Speichern',
    saved: 'Gespeichert.',
    disconnect: 'Trennen',
    disconnectTitle: (name) => `${name} trennen?`,
    disconnectText:
      'Jede Verbindung endet sofort am Gateway, und das Mitglied wird in der Verwaltung abgemeldet. Vor der nächsten weist es sich erneut aus.',
    disconnectNoGate:
      'Keine der beiden Regeln ist an: Der Client darf sich sofort von selbst wieder verbinden, ohne nach etwas gefragt zu werden.',
    isSignedOut: 'Das Mitglied ist in der Verwaltung abgemeldet.',
    reason: 'Grund (freiwillig)',
    reasonHint: 'Das Mitglied sieht ihn. Höchstens 200 Zeichen.',
    reasonTooLong: 'Zu lang.',
    incident: 'Vorfallsnummer (freiwillig)',
    resultTitle: 'Getrennt',
    ended: (count) =>
      count === 0 ? 'Es gab keine Verbindung.' : `${plural(count, 'Verbindung', 'Verbindungen')} beendet.`,
    enforced: 'Jedes Gateway hat es bestätigt: Kein Paket geht mehr durch.',
    notEnforced:
      'Ein Gateway hat es noch nicht bestätigt. Es wird weiter benachrichtigt; sehen Sie gleich noch einmal nach.',
    notified: (count) => `${plural(count, 'Gerät wurde', 'Geräte wurden')} sofort benachrichtigt.`,
    offline: (count) => `${plural(count, 'Gerät erfährt', 'Geräte erfahren')} es bei der Rückkehr.`,
    done: 'Fertig',
    connections: 'Verbindungen',
    noConnections: 'Nicht verbunden.',
    address: 'Adresse',
    until: 'Bis',
    mfa: 'Zweiter Faktor',
    mfaStates: {
      none: 'Kein Authenticator ist eingerichtet.',
      active: 'Ein Authenticator ist eingerichtet.',
      disabled: 'Der Authenticator ist nach zu vielen falschen Codes gesperrt.',
    },
    codesLeft: (count) => `${plural(count, 'Ersatzcode', 'Ersatzcodes')} übrig.`,
    enable: 'Wieder zulassen',
    enabled: 'Der Authenticator zählt wieder.',
    reset: 'MFA zurücksetzen',
    resetTitle: (name) => `MFA von ${name} zurücksetzen?`,
    resetText: (email) =>
      `Sofort ändert sich nichts. ${email} erhält einen Link, der einmal und 24 Stunden lang gilt. Er fragt nach dem Passwort und richtet einen neuen Authenticator ein; erst dann endet der alte.`,
    resetDo: 'Link senden',
    resetPending: 'Eine Zurücksetzung ist offen',
    resetBy: (who, until) => `Veranlasst von ${who}. Der Link gilt bis ${until}.`,
    withdraw: 'Zurückziehen',
    withdrawLabel: (name) => `Zurücksetzung von ${name}: Zurückziehen`,
    withdrawn: 'Die Zurücksetzung ist zurückgezogen: Der Link gilt nicht mehr.',
    resetSent: (email) => `Der Link ist unterwegs an ${email}. Bis er benutzt wird, ändert sich nichts.`,
    mailOff: 'Dieser Server hat keinen Mailserver, er kann den Link nicht senden.',
    devices: 'Geräte',
    noDevices: 'Noch keine Geräte.',
    signedIn: 'Angemeldet',
    signedOut: 'Abgemeldet',
    guard: {
      exempt: 'Ausgenommen: hält nichts zurück',
      refused: 'Abgewiesen: kann Verkehr nicht zurückhalten',
      failed: 'Hält Verkehr nicht zurück: Fehler',
    },
    unlock: { pin: 'PIN', 'uv-hw': 'Hardwareschlüssel', 'uv-soft': 'Systemanmeldung' },
    unlockName: 'Entsperren',
    unlockNone: 'Weder PIN noch Biometrie',
    access: 'Zugang',
    givePassword: 'Neues vorläufiges Passwort',
    givePasswordTitle: (name) => `Ein vorläufiges Passwort für ${name}?`,
    givePasswordText:
      'Das jetzige endet sofort, und mit ihm alle Sitzungen und Verbindungen. Bei der nächsten Anmeldung wird nach einem anderen gefragt.',
    givenTitle: (name) => `${name} hat ein vorläufiges Passwort`,
    passwordHint: 'Wenn jemand das Passwort vergessen hat oder ein vorläufiges abgelaufen ist.',
    block: 'Sperren',
    blockTitle: (name) => `${name} sperren?`,
    blockText: 'Verbindungen und Sitzungen enden sofort; die Anmeldung wird abgelehnt, bis Sie entsperren.',
    unblock: 'Entsperren',
    blocked: 'Gesperrt: Verbindungen und Sitzungen sind beendet.',
    unblocked: 'Entsperrt: Die Anmeldung geht wieder.',
    blockHint: 'Sperren beendet Verbindungen und Sitzungen und lässt sich zurücknehmen.',
    remove: 'Entfernen',
    removeTitle: (name) => `${name} entfernen?`,
    removeText:
      'Verbindungen und Sitzungen enden, Geräte und Authenticator werden gelöscht. Das lässt sich nicht zurücknehmen.',
    tokensEnd: (count) =>
      count === 1
        ? 'Ein API-Token, das dieses Mitglied gemacht hat'
        : `${count} API-Tokens, die dieses Mitglied gemacht hat`,
    keepTokens: 'Weiter gelten lassen; sonst enden sie jetzt',
    removeHint: 'Entfernen löscht Geräte und Authenticator. Das Protokoll behält seine Zeilen.',
    notYours: 'Nur Inhaber ändern Inhaber und Administration.',
    self: 'Niemand sperrt oder entfernt sich selbst.',
    log: 'Was mit diesem Konto geschah',
  },
  resets: {
    title: 'Offene MFA-Zurücksetzungen',
    text: 'Links, die gesendet und noch nicht benutzt wurden.',
  },
  policy: {
    title: 'MFA & Anmeldesicherheit',
    text: 'Wonach Ihr Team gefragt wird, und wann.',
    noGateDraft:
      'So gespeichert dürfen sich Clients von selbst wieder verbinden, und eine Trennung bleibt ohne Wirkung.',
    mfaRequired: 'MFA bei der Anmeldung verlangen',
    mfaRequiredText: 'Wer keinen Authenticator hat, richtet bei der nächsten Anmeldung einen ein.',
    panel: 'Control Panel',
    client: 'Client-Anwendung',
    gate: 'Vor einer Verbindung',
    totp: 'TOTP vor der Verbindung',
    totpText: 'Jedes Verbinden braucht einen Code der Authenticator-App.',
    unlock: 'PIN & Biometrie vor der Verbindung',
    unlockText: 'Jedes Verbinden braucht ein Entsperren auf dem Gerät.',
    methods: 'Erlaubte Arten zu entsperren',
    method: {
      pin: { name: 'PIN', text: 'Vom Server geprüft, mit wenigen Versuchen.' },
      'uv-hw': {
        name: 'Hardwareschlüssel oder Biometrie des Geräts',
        text: 'Von Hardware unterschrieben, die den Menschen prüft.',
      },
      'uv-soft': {
        name: 'Systemanmeldung',
        text: 'Fingerabdruck oder Passwort des Betriebssystems: am schwächsten, daher nur stundenweise.',
      },
    },
    methodMissing: 'Erlauben Sie mindestens eine Art: Niemand könnte sich verbinden.',
    softHours: 'Eine Systemanmeldung zählt (Stunden)',
    softHoursHint: 'Nach PIN, Hardwareschlüssel oder Code. 0 schaltet sie aus; höchstens 168.',
    codeDays: 'Zusätzlich ein Code alle (Tage)',
    codeDaysHint: 'Wenn allein Entsperren verlangt wird. 0 schaltet es aus; höchstens 365.',
    connection: 'Verbindungen',
    longest: 'Längste Verbindung',
    longestHint: 'Danach weist sich das Mitglied erneut aus. Von einer Minute bis 30 Tage.',
    unit: 'Einheit',
    units: { seconds: 'Sekunden', minutes: 'Minuten', hours: 'Stunden', days: 'Tage' },
    traffic: 'Verkehr während des Wartens',
    trafficText:
      'Was auf dem Gerät geschieht, solange es nicht verbunden ist. Das hält gegen Versehen und Programme von Benutzern, nicht gegen die Administration dieses Computers; wer sonst an ihm arbeitet, wird mit aufgehalten.',
    modes: {
      off: { name: 'Normal', text: 'Verkehr läuft wie ohne VPN.' },
      gate: {
        name: 'Verkehr zum Team sperren',
        text: 'Was zu den Netzen Ihrer Gateways geht, geht durch den Tunnel oder gar nicht, auch nach Neustart oder Absturz. Alles andere läuft wie gewohnt.',
      },
      always: {
        name: 'Alles sperren',
        text: 'Ohne Verbindung verlässt nichts das Gerät außer dem, was eine Verbindung braucht: der Weg zu diesem Server und zum Gateway und eine Adresse vom Netz.',
      },
    },
    allowLan: 'Das lokale Netz erreichbar lassen',
    allowLanText: 'Drucker und anderes in dem Netz, in dem der Computer ist.',
    portal: 'Die Anmeldeseite eines Netzes darf geöffnet werden für (Minuten)',
    portalHint:
      'Wie in Hotels und Zügen: So lange werden Namen und Webseiten durchgelassen, höchstens dreimal in der Stunde. Es steht im Protokoll. 0 schaltet es aus; höchstens 60.',
    userMayRelease: 'Benutzer dürfen das Sperren beenden',
    userMayReleaseText:
      'Bis zu ihrer nächsten Verbindung. Es steht im Protokoll. Die Administration des Computers darf es immer.',
    cannotGuard: (count, total) =>
      `${number(count)} von ${plural(total, 'Gerät', 'Geräten')} ${count === 1 ? 'kann' : 'können'} das nicht`,
    cannotGuardText: (old, silent) =>
      [
        ...(old === 0
          ? []
          : [
              `Auf ${old === 1 ? 'einem Gerät' : `${number(old)} Geräten`} kann Postern keinen Verkehr zurückhalten: Ohne Ausnahme ${old === 1 ? 'kann es' : 'können sie'} sich erst nach einem Update wieder verbinden.`,
            ]),
        ...(silent === 0
          ? []
          : [
              `${silent === 1 ? 'Ein Gerät hat' : `${number(silent)} Geräte haben`} noch nicht gesagt, ob ${silent === 1 ? 'es' : 'sie'} das ${silent === 1 ? 'kann' : 'können'}: Lassen Sie ${silent === 1 ? 'es' : 'sie'} sich zuerst einmal verbinden.`,
            ]),
      ].join(' '),
    helper: (version) => `Postern-Helfer ${version}`,
    helperUnknown: 'Version noch nicht genannt',
    exemption: 'Ausnahme',
    exemptions: 'Ausgenommene Geräte',
    exemptionsText:
      'Sie dürfen sich verbinden, obwohl sich auf ihnen nichts zurückhalten lässt. Ohne die Ausnahme wird die nächste Verbindung abgelehnt, bis Postern dort aktualisiert ist.',
    withdraw: 'Zurücknehmen',
    withdrawOf: (device) => `Die Ausnahme von ${device} zurücknehmen`,
    exempt: (count) =>
      count === 1
        ? 'Dieses Gerät darf sich trotzdem verbinden'
        : `Diese ${number(count)} Geräte dürfen sich trotzdem verbinden`,
    exemptText:
      'Auf ihnen wird nichts zurückgehalten. Eine Ausnahme endet von selbst, sobald das Gerät es kann.',
    exemptMissing: (old, silent) => {
      const them = old + silent === 1 ? 'dieses Gerät' : 'diese Geräte';
      const first =
        silent === 0
          ? 'aktualisieren Sie Postern zuerst dort'
          : old === 0
            ? `lassen Sie ${silent === 1 ? 'es' : 'sie'} sich zuerst einmal verbinden`
            : 'aktualisieren Sie Postern, wo es das nicht kann, und lassen Sie die übrigen sich zuerst einmal verbinden';
      return `Nichts wurde gespeichert: Nehmen Sie ${them} aus, oder ${first}.`;
    },
    range: (least, most) => `Eine ganze Zahl von ${least} bis ${most}.`,
    unchanged: 'Noch keine Änderungen.',
    changes: 'Bevor Sie speichern',
    checking: 'Es wird nachgesehen, wen das betrifft…',
    connected: (count) => `${plural(count, 'Mitglied ist', 'Mitglieder sind')} verbunden`,
    asked: (count) => `${number(count)} davon ${count === 1 ? 'wird' : 'werden'} nach einem Code gefragt`,
    unlockAsked: (count) => `${number(count)} davon ${count === 1 ? 'muss' : 'müssen'} entsperren`,
    bothAsked: (count) =>
      `${number(count)} davon ${count === 1 ? 'wird' : 'werden'} nach einem Code gefragt und ${count === 1 ? 'muss' : 'müssen'} entsperren`,
    noneAsked: 'niemand davon verliert die Verbindung',
    cut: (count) => `${number(count)} davon ${count === 1 ? 'wird' : 'werden'} getrennt`,
    setUpFirst: (count) =>
      `${number(count)} davon ${count === 1 ? 'muss' : 'müssen'} zuerst PIN oder Biometrie einrichten.`,
    endSooner: (count) =>
      `${plural(count, 'Verbindung endet', 'Verbindungen enden')} früher als angekündigt.`,
    setUpMfa: (count) =>
      `${plural(count, 'Mitglied hat', 'Mitglieder haben')} keinen Authenticator und ${count === 1 ? 'richtet' : 'richten'} bei der nächsten Anmeldung einen ein.`,
    tightened: 'Das verschärft die Regeln und wirkt sofort auf bestehende Verbindungen.',
    save: 'Speichern',
    discard: 'Änderungen verwerfen',
    saved: 'Gespeichert. Die Regeln gelten.',
    savedBy: (who, when) => `Zuletzt gespeichert von ${who}, ${when}`,
    savedAt: (when) => `Zuletzt gespeichert ${when}`,
    defaults: 'Wie installiert; noch niemand hat Regeln gespeichert.',
    conflictTitle: 'Jemand anderes hat inzwischen gespeichert',
    conflictText: (who) =>
      `${who} hat andere Regeln gespeichert, seit Sie begonnen haben. Nichts von Ihnen wurde gespeichert, und nichts ist verloren: Wählen Sie Zeile für Zeile.`,
    conflictSomebody: 'Jemand anderes',
    theirs: 'Jetzt gespeichert',
    mine: 'Ihre',
    agree: 'Ihre Änderung ist schon gespeichert. Es bleibt nichts zu tun.',
    conflictGo: 'Mit dieser Auswahl weiter',
    on: 'An',
    off: 'Aus',
    hours: (count) => plural(count, 'Stunde', 'Stunden'),
    days: (count) => plural(count, 'Tag', 'Tage'),
    minutes: (count) => plural(count, 'Minute', 'Minuten'),
    seconds: (count) => plural(count, 'Sekunde', 'Sekunden'),
    graceSeconds: 'Ein Code bei der Anmeldung zählt für die nächste Verbindung',
    idleSeconds: 'Eine stille Verbindung endet nach',
    move: 'Von einem ausgefallenen Gateway zu einem anderen ohne neuen Nachweis',
    mfaPanel: 'MFA für das Control Panel',
    mfaClient: 'MFA für die Client-Anwendung',
  },
};
