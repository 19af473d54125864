import { countingIn } from '../format/counting.ts';
import type { Strings } from './en.ts';

const { plural } = countingIn('de');

export const de: Strings = {
  common: {
    cancel: 'Abbrechen',
    back: 'Zurück',
    copy: 'Kopieren',
    copied: 'Kopiert',
    save: 'Speichern…',
    saved: 'Gespeichert',
    print: 'Drucken',
    dismiss: 'Ausblenden',
    none: '–',
  },
  credentials: {
    email: 'E-Mail',
    password: 'Passwort',
    showPassword: 'Passwort zeigen',
    hidePassword: 'Passwort verbergen',
    submit: 'Anmelden',
    missing: 'Geben Sie E-Mail und Passwort ein.',
    startOver: 'Zurück zur Anmeldung',
  },
  newPassword: {
    title: 'Wählen Sie ein eigenes Passwort',
    text: 'Das eben benutzte ist vorläufig: Jemand anderes hat es gesetzt.',
    label: 'Neues Passwort',
    again: 'Neues Passwort noch einmal',
    hint: 'Zwölf Zeichen oder mehr; ein paar Wörter sind am einfachsten.',
    missing: 'Geben Sie ein neues Passwort ein.',
    differs: 'Das ist nicht dasselbe.',
    submit: 'Speichern und anmelden',
  },
  passwordWeakness: {
    short: 'Das ist zu kurz: zwölf Zeichen oder mehr. Ein paar Wörter sind am einfachsten.',
    long: 'Das ist zu lang: höchstens 1024 Zeichen.',
    common: 'Dieses Passwort oder ein ähnliches haben viele: Es wird zuerst geraten. Wählen Sie ein anderes.',
    personal:
      'Das besteht aus Ihrem Namen, Ihrer Adresse oder Ihrem Team: Es wird zuerst geraten. Wählen Sie ein anderes.',
    pattern: 'Das wiederholt sich oder folgt der Tastatur: Es wird zuerst geraten. Wählen Sie ein anderes.',
    present: 'Das ist Ihr jetziges Passwort. Wählen Sie ein anderes.',
  },
  code: {
    totpLabel: '6-stelliger Code',
    totpHint: 'Aus Ihrer Authenticator-App. Sendet sich nach 6 Ziffern selbst.',
    backupLabel: 'Backup-Code',
    backupHint: 'Einer der zehn Codes, die Sie gesichert haben. Jeder gilt einmal.',
    checking: 'Der Code wird geprüft…',
    otherWay: 'Anderen Weg nehmen',
    methods: { totp: 'Authenticator-App', 'backup-code': 'Backup-Code' },
    wrong: (server) =>
      `Der Code passt nicht. Prüfen Sie, ob er zu ${server} gehört, und nehmen Sie den neuesten.`,
    wrongBackup: 'Der Backup-Code passt nicht. Prüfen Sie jeden Buchstaben oder nehmen Sie einen anderen.',
    used: 'Schon benutzt.',
    usedBackup: 'Dieser Backup-Code wurde schon benutzt. Nehmen Sie einen anderen.',
    nextCodeIn: (seconds) => `Nächster Code in ${seconds} s.`,
    tryAgainIn: (clock) => `Wieder möglich in ${clock}`,
    tooMany: 'Zu viele falsche Codes.',
    waitStart: (duration) => `Warten Sie ${duration} bis zum nächsten Versuch.`,
    waitTen: 'Noch 10 Sekunden.',
    waitOver: 'Sie können es wieder versuchen.',
    triesLeft: (count) => `Noch ${plural(count, 'Versuch', 'Versuche')}, dann müssen Sie warten.`,
    lastTry: 'Letzter Versuch. Danach müssen Sie warten, bevor Sie es wieder versuchen können.',
    drift: {
      ahead:
        'Die Uhr Ihres Telefons geht einige Minuten vor. Schalten Sie dort Datum und Uhrzeit auf automatisch.',
      behind:
        'Die Uhr Ihres Telefons geht einige Minuten nach. Schalten Sie dort Datum und Uhrzeit auf automatisch.',
    },
    unreachable: (server) =>
      `Keine Verbindung zu ${server}. Es wurde kein Versuch verbraucht; senden Sie den Code erneut, sobald sie zurück ist.`,
    sixDigits: 'Ein Code hat 6 Ziffern.',
    setUpLink:
      'Das ist der Link, mit dem eine Authenticator-App eingerichtet wird, kein Code. Geben Sie die 6 Ziffern ein, die die App anzeigt.',
    emptyBackup: 'Geben Sie einen Backup-Code ein.',
  },
  reasons: {
    administrator: (time) => `Ihre Administration hat diese Verbindung um ${time} beendet.`,
    'policy-changed': (time) =>
      `Die Regeln Ihres Teams haben sich um ${time} geändert; das hat die Verbindung beendet.`,
    'lease-expired': (time) => `Ihre Erlaubnis zur Verbindung lief um ${time} ab.`,
    idle: (time) =>
      `Das Gateway hörte nichts mehr von diesem Gerät und hat die Verbindung um ${time} beendet.`,
    replaced: (time) => `Eine neuere Verbindung dieses Geräts hat um ${time} übernommen.`,
    'signed-out': (time) => `Sie wurden um ${time} abgemeldet.`,
    'member-blocked': (time) => `Ihre Administration hat dieses Konto um ${time} gesperrt.`,
    'mfa-changed': (time) =>
      `Sie haben um ${time} Ihren zweiten Faktor geändert; das hat die Verbindung beendet.`,
    'mfa-required': (time) =>
      `Ihr Team verlangt jetzt einen zweiten Faktor; deshalb wurden Sie um ${time} abgemeldet. Melden Sie sich neu an: Sie werden durch die Einrichtung geführt oder nach einem Code gefragt.`,
    'gateway-removed': (time) => `Das Gateway wurde um ${time} aus Ihrem Team entfernt.`,
    'gateway-unavailable': (time) =>
      `Das Gateway hat um ${time} nicht geantwortet; diese Verbindung kam nicht zustande.`,
    'device-removed': (time) => `Dieses Gerät wurde um ${time} aus Ihrem Konto entfernt.`,
    'server-restored': (time) =>
      `Der Server wurde um ${time} aus einer Sicherung wiederhergestellt; das hat die Verbindung beendet.`,
    user: (time) => `Sie haben diese Verbindung um ${time} beendet.`,
    other: (time) => `Die Verbindung wurde um ${time} beendet.`,
  },
  incident: (id) => `Vorfall ${id}`,
  causes: {
    clockBehind: (span) =>
      `Die Uhr dieses Computers geht ${span} nach. Es wurde nichts gesendet: Stellen Sie die Uhr und versuchen Sie es erneut.`,
    clockAhead: (span) =>
      `Die Uhr dieses Computers geht ${span} vor. Es wurde nichts gesendet: Stellen Sie die Uhr und versuchen Sie es erneut.`,
    notYetValid: (host, date, from) =>
      `${from === null ? `Das Zertifikat von ${host} ist am ${date}, dem Datum dieses Computers, noch nicht gültig.` : `Das Zertifikat von ${host} gilt erst ab ${from}. Dieser Computer hat das Datum ${date}.`} Wenn das Datum falsch ist, stellen Sie es. Wenn nicht, sagen Sie es Ihrer Administration.`,
    expired: (host, date, on) =>
      `${on === null ? `Das Zertifikat von ${host} ist am ${date}, dem Datum dieses Computers, abgelaufen.` : `Das Zertifikat von ${host} ist am ${on} abgelaufen. Dieser Computer hat das Datum ${date}.`} Wenn das Datum falsch ist, stellen Sie es. Wenn nicht, sagen Sie es Ihrer Administration.`,
    otherNames: (host, names) =>
      `Der Server unter ${host} zeigte ein Zertifikat für ${names}. Prüfen Sie die Adresse auf einen Tippfehler; ist keiner da, sagen Sie es Ihrer Administration.`,
    proxy: (proxy, server) =>
      `Der Server ist nicht erreichbar. Dieser Computer soll das Web über den Proxy ${proxy} erreichen, den Postern nicht benutzt. Bitten Sie Ihre Administration, dass er ${server} direkt erreichen darf.`,
  },
  problems: {
    'invalid-request':
      'Die Anfrage wurde nicht verstanden. Aktualisieren Sie Postern und versuchen Sie es erneut.',
    'payload-too-large': 'Die Anfrage war größer, als der Server annimmt.',
    'not-found': 'Das gibt es auf diesem Server nicht.',
    'method-not-allowed': 'Das bietet der Server hier nicht an.',
    'internal-error': 'Auf dem Server ging etwas schief. Versuchen Sie es gleich noch einmal.',
    'storage-unavailable':
      'Der Server kann gerade nichts aufzeichnen und lässt deshalb niemanden ein. Sagen Sie es Ihrer Administration.',
    'server-busy': 'Der Server hat gerade zu viel zu tun. Versuchen Sie es gleich noch einmal.',
    'invalid-credentials': 'E-Mail oder Passwort ist falsch.',
    'session-invalid': 'Sie sind abgemeldet. Melden Sie sich wieder an.',
    'csrf-token-invalid':
      'Diese Seite ist nicht mehr aktuell. Laden Sie sie neu und versuchen Sie es noch einmal.',
    'insufficient-role': 'Das kann nur ein Administrator.',
    'policy-changed':
      'Jemand anderes hat diese Einstellungen inzwischen geändert. Von Ihnen wurde nichts gespeichert: Vergleichen Sie und speichern Sie dann noch einmal.',
    'last-owner': 'Ein Team braucht einen Inhaber, der sich anmelden kann, und dies ist der letzte.',
    'email-taken': 'Ein anderes Mitglied hat diese E-Mail-Adresse.',
    'password-required': 'Geben Sie dafür Ihr Passwort ein.',
    'wrong-password': 'Dieses Passwort ist falsch.',
    'password-too-weak': 'Wählen Sie ein Passwort, das schwerer zu erraten ist.',
    'password-change-required':
      'Ihr Passwort ist ein vorläufiges. Wählen Sie ein eigenes, bevor Sie weitermachen.',
    'temporary-password-expired':
      'Ihr vorläufiges Passwort ist abgelaufen: Es gilt 7 Tage. Bitten Sie Ihre Administration um ein neues.',
    'code-sign-in-required':
      'Melden Sie sich mit einem Code Ihrer Authenticator-App an oder richten Sie eine neue ein, um neue Backup-Codes zu erzeugen.',
    'mfa-kept': 'Ihr Team verlangt einen zweiten Faktor: Er kann nicht ausgeschaltet werden.',
    'reset-link-invalid': 'Dieser Link gilt nicht mehr. Bitten Sie Ihren Administrator um einen neuen.',
    'mail-unavailable':
      'Auf diesem Server ist kein Mailserver eingerichtet, er kann den Link nicht verschicken.',
    'mfa-required': 'Geben Sie den Code aus Ihrer Authenticator-App ein.',
    'mfa-setup-required':
      'Ihr Team verlangt einen zweiten Faktor. Richten Sie zuerst eine Authenticator-App ein.',
    'mfa-token-invalid': 'Diese Anmeldung dauerte zu lange. Beginnen Sie wieder mit dem Passwort.',
    'invalid-code':
      'Der Code passt nicht. Prüfen Sie, ob er zu diesem Konto gehört, und nehmen Sie den neuesten.',
    'code-already-used': 'Der Code wurde schon benutzt. Warten Sie auf den nächsten.',
    'factor-disabled':
      'Ihr Authenticator ist nach zu vielen falschen Codes gesperrt. Fragen Sie Ihre Administration.',
    'factor-exists': 'Ein zweiter Faktor ist schon eingerichtet. Ersetzen Sie ihn in Ihrem Konto.',
    'member-blocked': 'Ihre Administration hat dieses Konto gesperrt.',
    'too-many-attempts': 'Zu viele Versuche. Warten Sie vor dem nächsten.',
    'step-up-required': 'Geben Sie einen Code ein, um zu verbinden.',
    'challenge-invalid': 'Diese Frage ist abgelaufen. Hier ist eine neue.',
    'unlock-not-enrolled':
      'Ihr Team verlangt vor dem Verbinden PIN oder Biometrie. Richten Sie das zuerst auf diesem Gerät ein.',
    'wrong-pin': 'Falsche PIN.',
    'pin-removed':
      'Zu viele falsche PINs: Die PIN auf diesem Gerät ist weg. Setzen Sie mit einem Code aus Ihrer Authenticator-App eine neue.',
    'unlock-refused':
      'Der Server hat den Nachweis dieses Geräts nicht angenommen. Nehmen Sie einen anderen Weg, oder richten Sie es mit einem Code neu ein.',
    'unlock-key-missing':
      'Der Schlüssel dieses Geräts ist nicht mehr im Schlüsselbund. Richten Sie es mit einem Code neu ein.',
    'unlock-unavailable': 'Dieser Computer kann Sie so gerade nicht fragen. Nehmen Sie einen anderen Weg.',
    'prompt-timeout': 'Niemand hat die Frage des Systems beantwortet.',
    'pin-too-weak': 'Diese PIN ist zu leicht zu erraten. Wählen Sie eine andere.',
    'device-not-found': 'Dieses Gerät gibt es nicht.',
    'gateway-unavailable': 'Das Gateway antwortet gerade nicht.',
    'gateway-not-found': 'Dieses Gateway gibt es nicht.',
    'device-limit': 'Das Gateway hat keine freie Adresse. Sagen Sie es Ihrer Administration.',
    'member-not-found': 'Dieses Mitglied gibt es nicht.',
    'token-invalid':
      'Das API-Token ist unbekannt, widerrufen, abgelaufen oder kommt von einer nicht erlaubten Adresse.',
    'insufficient-scope': 'Das API-Token hat nicht die Berechtigung für diesen Aufruf.',
    'server-unreachable': 'Der Server ist nicht erreichbar.',
    'server-untrusted-certificate': 'Der Server zeigte ein Zertifikat, dem dieser Computer nicht vertraut.',
    'protocol-error':
      'Die Gegenseite antwortete etwas, das diese Version nicht versteht. Aktualisieren Sie Postern.',
    'untrusted-server':
      'Dieser Computer vertraut dem Server noch nicht. Eine Administratorin oder ein Administrator muss ihn einmal hinzufügen.',
    'lease-invalid': 'Der Helfer hat die Erlaubnis des Servers abgelehnt.',
    'lease-expired': 'Die Erlaubnis zur Verbindung ist abgelaufen.',
    'controller-busy': 'Ein anderes Programm auf diesem Computer steuert den Tunnel.',
    'caller-not-allowed':
      'Dieser Benutzer darf den Tunnel nicht steuern. Lassen Sie sich in die Gruppe „postern“ aufnehmen.',
    'not-supported': 'Das kann diese Version noch nicht.',
    'helper-unavailable': 'Der Postern-Helfer läuft auf diesem Computer nicht.',
    'helper-untrusted': 'Der Socket des Helfers gehört nicht dem System. Es wurde nichts dorthin gesendet.',
    'tunnel-failed': 'Der Tunnel konnte nicht aufgebaut werden.',
    'guard-invalid':
      'Der Helfer hat die Anordnung zum Zurückhalten abgelehnt: Sie ist nicht das neueste Wort Ihres Servers.',
    'lease-key-invalid':
      'Der Helfer hat abgelehnt, was Ihr Server über seinen nächsten Schlüssel gesagt hat: Es ist nicht sein neuestes Wort.',
    'guard-failed': 'Dieser Computer konnte den Verkehr nicht zurückhalten: Er kann nach außen gelangen.',
    'guard-unsupported':
      'Ihr Team lässt Verkehr zurückhalten, solange sich niemand ausgewiesen hat, und das Postern auf diesem Computer kann das nicht. Aktualisieren Sie Postern, oder bitten Sie Ihre Administration um eine Ausnahme für dieses Gerät.',
    'portal-refused': 'Die Anmeldeseite des Netzes lässt sich jetzt nicht öffnen.',
    'release-refused':
      'Ihr Team lässt Sie das nicht beenden. Die Administration dieses Computers kann es mit sudo postern-helper release.',
    'vpn-blocked':
      'Vom Gateway kommt nichts zurück, obwohl der Server es hört. Dieses Netz blockiert vielleicht VPN-Verkehr. Nutzen Sie ein anderes, zum Beispiel das Ihres Telefons.',
    'network-overlap':
      'Das Netz, in dem dieser Computer ist, hat die Adressen des Netzes Ihres Teams. Nutzen Sie ein anderes, zum Beispiel das Ihres Telefons.',
    'clock-off': 'Die Uhr dieses Computers geht falsch. Stellen Sie sie und versuchen Sie es erneut.',
    'keychain-locked': 'Ihr Schlüsselbund ist gesperrt. Entsperren Sie ihn und versuchen Sie es erneut.',
    'keychain-unavailable':
      'Dieses System hat keinen Schlüsselbund, den Postern nutzen kann, und Geheimnisse kommen nicht in Dateien.',
    'signed-out': 'Sie sind nicht angemeldet.',
    'wrong-state': 'Das ist gerade nicht möglich.',
    cancelled: 'Abgebrochen.',
  },
};
