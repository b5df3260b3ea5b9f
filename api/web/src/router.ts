import { watch } from 'vue'
import { createRouter, createWebHistory, type LocationQueryRaw, type RouteLocationNormalized } from 'vue-router'
import { FINANCE, has, resumed, session } from './session'

const OVERSIGHT = ['approver', ...FINANCE, 'auditor', 'inspector']

/** Who works with which page, in the order of the menu; the first one is an officer's home. */
export const PAGES: { name: string; roles: string[] }[] = [
  { name: 'desk', roles: ['registrar', 'clerk', 'confirmer', ...OVERSIGHT] },
  { name: 'tray', roles: ['registrar', 'clerk', 'confirmer', ...OVERSIGHT] },
  { name: 'approving', roles: ['approver'] },
  { name: 'handout', roles: ['clerk', 'confirmer'] },
  { name: 'money', roles: ['clerk', ...OVERSIGHT] },
  { name: 'roster', roles: ['clerk', 'confirmer', ...OVERSIGHT] },
  { name: 'payouts', roles: ['clerk', ...OVERSIGHT] },
  { name: 'dossiers', roles: ['clerk', 'confirmer', ...OVERSIGHT] },
  { name: 'flags', roles: OVERSIGHT },
  { name: 'cases', roles: ['auditor', 'inspector'] },
  { name: 'canvas', roles: ['auditor', 'inspector'] },
  { name: 'campaign', roles: ['clerk', 'confirmer', ...OVERSIGHT] },
  { name: 'reports', roles: ['clerk', 'confirmer', ...OVERSIGHT] },
  { name: 'slips', roles: ['clerk', ...FINANCE, 'auditor', 'inspector'] },
  { name: 'lists', roles: ['auditor', 'inspector'] },
  { name: 'levels', roles: ['auditor', 'inspector'] },
  { name: 'linkage', roles: ['auditor', 'inspector'] },
  { name: 'entries', roles: ['auditor', 'inspector'] },
  { name: 'audit', roles: ['auditor', 'inspector'] },
  { name: 'access', roles: ['auditor', 'inspector'] },
  { name: 'registry', roles: ['registrar', 'clerk', 'confirmer', ...OVERSIGHT] },
]

export const pages = () => PAGES.filter((page) => has(...page.roles))
/** The menu: ledgers below stand in it where this one follows any. */
export const menu = () => pages().filter((page) => page.name !== 'levels' || session.officer?.follows === true)
const home = () => ({ name: pages()[0]?.name ?? 'key' })

export const router = createRouter({
  history: createWebHistory('/app/'),
  routes: [
    { path: '/', name: 'home', redirect: home },
    { path: '/key', name: 'key', component: () => import('./pages/KeyPage.vue') },
    { path: '/desk', name: 'desk', component: () => import('./pages/DeskPage.vue') },
    { path: '/tray', name: 'tray', component: () => import('./pages/TrayPage.vue') },
    { path: '/approving', name: 'approving', component: () => import('./pages/ApprovingPage.vue') },
    { path: '/handout', name: 'handout', component: () => import('./pages/HandoutPage.vue') },
    { path: '/payouts', name: 'payouts', component: () => import('./pages/ListPage.vue'), props: { table: 'payouts' } },
    { path: '/entries', name: 'entries', component: () => import('./pages/ListPage.vue'), props: { table: 'events' } },
    { path: '/money', name: 'money', component: () => import('./pages/MoneyPage.vue') },
    { path: '/roster', name: 'roster', component: () => import('./pages/RosterPage.vue') },
    { path: '/dossiers', name: 'dossiers', component: () => import('./pages/DossiersPage.vue') },
    { path: '/flags', name: 'flags', component: () => import('./pages/FlagsPage.vue') },
    { path: '/cases', name: 'cases', component: () => import('./pages/CasesPage.vue') },
    { path: '/canvas', name: 'canvas', component: () => import('./pages/CanvasPage.vue') },
    { path: '/campaign', name: 'campaign', component: () => import('./pages/CampaignPage.vue') },
    { path: '/reports', name: 'reports', component: () => import('./pages/ReportsPage.vue') },
    { path: '/slips', name: 'slips', component: () => import('./pages/SlipsPage.vue') },
    { path: '/lists', name: 'lists', component: () => import('./pages/ListsPage.vue') },
    { path: '/levels', name: 'levels', component: () => import('./pages/LevelsPage.vue') },
    { path: '/linkage', name: 'linkage', component: () => import('./pages/LinkagePage.vue') },
    { path: '/audit', name: 'audit', component: () => import('./pages/AuditPage.vue') },
    { path: '/access', name: 'access', component: () => import('./pages/AccessPage.vue') },
    { path: '/registry', name: 'registry', component: () => import('./pages/RegistryPage.vue') },
    {
      path: '/notice/:notice',
      name: 'notice',
      component: () => import('./pages/NoticePage.vue'),
      meta: { open: true },
    },
    { path: '/slip', name: 'slip', component: () => import('./pages/SlipPage.vue'), meta: { open: true } },
    { path: '/:rest(.*)*', redirect: home },
  ],
})

router.beforeEach(async (to, from) => {
  if (to.meta.open) return true
  try {
    await resumed()
  } catch {
    // Without a line, who is known here goes on; the page itself says that the ledger cannot be reached.
    return session.officer === null && to.name !== 'key' ? { name: 'key', query: { then: to.fullPath } } : true
  }
  if (to.name !== 'key' && session.officer === null) return { name: 'key', query: { then: to.fullPath } }
  return from.name === undefined ? taken(to) : kept(to)
})

/** An address that was opened says which campaign and which moment. */
function taken(to: RouteLocationNormalized): true {
  const { campaign, as_of } = to.query
  if (typeof campaign === 'string') session.campaign = campaign
  if (typeof as_of === 'string' && /^[1-9]\d{0,15}$/.test(as_of)) session.asOf = Number(as_of)
  return true
}

/** Every address holds campaign and moment, so that it can be sent to somebody. */
function kept(to: RouteLocationNormalized): true | { path: string; query: LocationQueryRaw } {
  const wanted = { campaign: session.campaign || undefined, as_of: session.asOf === null ? undefined : String(session.asOf) }
  if (to.query.campaign === wanted.campaign && to.query.as_of === wanted.as_of) return true
  return { path: to.path, query: { ...to.query, ...wanted } }
}

watch(
  () => [session.campaign, session.asOf],
  () => {
    const { path, query, meta, matched } = router.currentRoute.value
    // Before the first page has come, the address is what sets them.
    if (matched.length > 0 && !meta.open) void router.replace({ path, query: { ...query } })
  },
)
