"""python-dbusmock's polkitd template with what it lacks: flags 0 ask nobody, actions are listed, a check can be cancelled."""

import dbus
from dbusmock import MOCK_IFACE
from dbusmock.templates import polkitd
from dbusmock.templates.polkitd import *  # noqa: F401,F403

ACTION = 'io.postern.desktop.unlock'


def load(mock, parameters):
    polkitd.load(mock, parameters)
    mock.listed = [ACTION]
    mock.preflight = (False, True)
    mock.dismiss = False
    mock.cancelled = []
    mock.asked = []


@dbus.service.method(polkitd.MAIN_IFACE, in_signature='(sa{sv})sa{ss}us', out_signature='(bba{ss})',
                     async_callbacks=('ok_cb', '_err_cb'))
def CheckAuthorization(self, subject, action_id, details, flags, cancellation_id, ok_cb, _err_cb):
    self.asked.append(f'{subject[0]} {list(subject[1])} {action_id} {len(details)} {flags}')
    if flags == 0:
        ok_cb(self.preflight + ({'polkit.result': 'x'},))
        return
    if self.dismiss:
        ok_cb((False, True, {'polkit.dismissed': 'true'}))
        return
    polkitd.CheckAuthorization(self, subject, action_id, details, flags, cancellation_id, ok_cb, _err_cb)


@dbus.service.method(polkitd.MAIN_IFACE, in_signature='s', out_signature='a(ssssssuuua{ss})')
def EnumerateActions(self, _locale):
    return [(name, 'd', 'm', 'v', '', '', 0, 0, 3, {'a': 'b'}) for name in self.listed]


@dbus.service.method(polkitd.MAIN_IFACE, in_signature='s', out_signature='')
def CancelCheckAuthorization(self, cancellation_id):
    self.cancelled.append(str(cancellation_id))


@dbus.service.method(MOCK_IFACE, in_signature='bb', out_signature='')
def SetPreflight(self, authorized, challenge):
    self.preflight = (authorized, challenge)


@dbus.service.method(MOCK_IFACE, in_signature='as', out_signature='')
def SetListed(self, actions):
    self.listed = list(actions)


@dbus.service.method(MOCK_IFACE, in_signature='b', out_signature='')
def SetDismiss(self, dismiss):
    self.dismiss = dismiss


@dbus.service.method(MOCK_IFACE, in_signature='', out_signature='as')
def Cancelled(self):
    return dbus.Array(self.cancelled, signature='s')


@dbus.service.method(MOCK_IFACE, in_signature='', out_signature='as')
def Asked(self):
    return dbus.Array(self.asked, signature='s')
