/** The tabs of one browser share one session: what signs in or out in one of them is told to the others. */

const channel = new BroadcastChannel('songnuan-session')

/** Tells the other tabs whose key is signed in now; empty is nobody's. */
export const tellTabs = (key: string): void => channel.postMessage(key)

/** Hears whose key was signed in in another tab; answers how to stop hearing. */
export function onOtherTab(heard: (key: string) => void): () => void {
  const listen = (said: MessageEvent<string>): void => heard(said.data)
  channel.addEventListener('message', listen)
  return () => channel.removeEventListener('message', listen)
}
