/** Who has signed in, by hardware address. */
export const SIGN_IN_SET = 'inet router_portal signed_in';

/**
 * Text for `nft`: a network with a sign-in page. It answers names, shows the page to whoever asks for any web page
 * without TLS, and drops the rest of those who have not signed in, sessions that are there included. Nobody has at first.
 */
export function portalRules(isOn: boolean): string {
  const remove = 'table inet router_portal\ndelete table inet router_portal\n';
  if (!isOn) return remove;
  return `${remove}table inet router_portal {
  set signed_in { type ether_addr; }
  chain to_page {
    type nat hook prerouting priority dstnat; policy accept;
    iifname != "lan" accept
    ether saddr @signed_in accept
    tcp dport 80 redirect
    udp dport 53 redirect
  }
  chain forward {
    type filter hook forward priority filter - 2; policy accept;
    iifname "lan" ether saddr != @signed_in drop
  }
}
`;
}
