/** The state of the page of handing out: its list from the device or the ledger, what is on its way, and signing. */

import { computed, onMounted, ref, shallowRef, watch } from 'vue'
import { session } from '../session'
import type { Prepared } from '../signing/statement'
import { signed } from '../signing/submitting'
import { trouble } from '../words'
import type { SiteAct } from './acts_on_site'
import { fetchList, handOutCampaign, keepList, keptList, type HandOutList } from './hand_out_list'
import { inHand, rowsOf } from './handing_out'
import { keepSession } from './kept_session'
import { line } from './line'
import { add, dropShown, openOutbox, outbox, sendWaiting, shouldSend, waiting } from './outbox'
import { keepPhoto, keptPhotos, type Photo } from './photos'
import { keepShell } from './shell'

export function useHandOut() {
  const campaign = computed(handOutCampaign)
  const list = shallowRef<HandOutList | null>(null)
  const photos = shallowRef<Photo[]>([])
  const failed = ref('')
  const loading = ref(false)
  const loaded = ref({ count: 0, total: 0 })
  /** Whether this address opens without a line; null while that is not known. */
  const opensWithout = ref<boolean | null>(null)

  const rows = computed(() => (list.value === null ? [] : rowsOf(list.value, outbox.acts)))
  const hand = computed(() => (list.value === null ? null : inHand(list.value, outbox.acts)))

  /** Everything that hinders is shown, and nothing that stands is lost by it. */
  async function tried(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      failed.value = ''
    } catch (error) {
      if (line.up) failed.value = trouble(error)
    }
  }

  /** The list as the ledger has it now, kept on the device in the place of the one before. */
  async function refresh(waitFor = 0): Promise<void> {
    const key = session.key
    if (key === null || campaign.value === '' || loading.value) return
    loading.value = true
    loaded.value = { count: 0, total: 0 }
    await tried(async () => {
      const found = await fetchList(campaign.value, waitFor, (count, total) => { loaded.value = { count, total } })
      await keepList(key, found)
      await keepSession(key)
      list.value = found
      await dropShown(key.keyid, found.position)
    })
    loading.value = false
  }

  /** Sends what waits, then asks for the list that holds it. */
  async function send(): Promise<void> {
    const key = session.key
    if (key === null || !shouldSend()) return
    await tried(async () => {
      const last = await sendWaiting(key)
      if (last > 0) await refresh(last)
    })
  }

  async function open(): Promise<void> {
    const key = session.key
    await openOutbox(session.officer?.key ?? '', key)
    if (key === null || campaign.value === '') return
    list.value = await keptList(key, campaign.value)
    photos.value = await keptPhotos(key)
    await (waiting().length > 0 ? send() : refresh())
    if (list.value === null) await refresh()
  }

  /** Signs what was shown, keeps it, and sends it where there is a line. */
  async function sign(act: SiteAct, prepared: Prepared, photo: Photo | null): Promise<void> {
    const key = session.key!
    const [submission] = await signed([prepared], [undefined], session.ledger, key)
    if (photo !== null) {
      await keepPhoto(key, photo)
      photos.value = [...photos.value, photo]
    }
    await add(key, {
      kind: act.kind, subject: act.subject, unit: act.unit, fen: act.fen, ...(act.payout === undefined ? {} : { payout: act.payout }), words: act.words,
      id: prepared.id, text: prepared.text, signedAt: new Date().toISOString(), submission: submission!, tried: false, receipt: null, problem: null,
    })
    void send()
  }

  onMounted(async () => {
    await tried(open)
    opensWithout.value = await keepShell().catch(() => false)
  })
  watch([campaign, () => session.key], () => tried(open))
  watch(() => line.up, (up) => { if (up) void send() })

  return { campaign, list, rows, hand, photos, failed, loading, loaded, opensWithout, refresh, send, sign, tried }
}
