import type zh from './zh'

type Texts<T> = { [K in keyof T]: T[K] extends string ? string : Texts<T[K]> }

const en: Texts<typeof zh> = {
  ledger: 'Songnuan Ledger',
  nav: { money: 'Money', roster: 'Roster', flags: 'Flags', cases: 'Cases', reports: 'Reports', audit: 'Audit', registry: 'Registry', key: 'Key' },
  role: {
    registrar: 'registrar', clerk: 'clerk', confirmer: 'confirmer', approver: 'approver',
    finance: 'finance officer', auditor: 'auditor', inspector: 'inspector',
  },
  header: {
    upTo: 'up to {position}', ago: '{seconds} s ago', allCampaigns: 'all campaigns', signOut: 'sign out',
    verified: 'checkpoint verified in this browser: {size} entries', unverified: 'not verified yet', broken: 'does not verify: {why}',
    now: 'now', past: 'You are looking at the past: as of {position}', backToNow: 'back to now', skip: 'skip to content',
  },
  common: {
    loading: 'loading…', empty: 'nothing here', retry: 'try again', search: 'filter', all: 'all', cancel: 'cancel',
    confirm: 'OK', close: 'close', unit: 'unit', campaign: 'campaign', state: 'state', category: 'category',
    name: 'name', amount: 'amount (yuan)', more: 'more', rows: '{count} rows', export: 'export CSV', reason: 'reason',
    noPermission: 'not allowed', selected: '{count} chosen, {sum} yuan in all', position: 'position', at: 'no. {position}', when: 'when', who: 'signed by',
    what: 'what', line: 'line', required: 'required',
  },
  key: {
    title: 'Key and sign-in', unsupported: 'This browser cannot sign with Ed25519; use a recent Chrome, Edge or Firefox.',
    intro: 'The key stays in this browser and never leaves this computer; the server never sees it.',
    make: 'make a key', import: 'import a key file', file: 'key file (PEM)', passphrase: 'passphrase', again: 'passphrase again',
    short: 'at least 8 characters', differs: 'the two are not the same',
    backup: 'Save the backup file now: it is the only way back once this browser’s data is cleared.', download: 'download the backup',
    kept: 'keys in this browser', publicKey: 'public key (for the registrar)', id: 'id', signIn: 'sign in with this key', forget: 'remove from this browser',
    forgetSure: 'Only the backup file can bring it back. Remove it?', none: 'No key yet: make one, or import a backup file.', signedIn: 'signed in: {name}',
    'not-a-key-file': 'this is no key file', 'not-ed25519': 'not an Ed25519 key', 'wrong-passphrase': 'wrong passphrase',
    'other-encryption': 'the key file is encrypted in a way that is not supported', demo: 'A demonstration: one click signs in as one of them', copied: 'copied', copy: 'copy',
  },
  money: {
    title: 'Money', lines: 'lines', holdings: 'held by units', waterfall: 'where it went', source: 'source', allocated: 'allocated',
    committed: 'committed', drawn: 'drawn', held: 'held', paid: 'paid', returned: 'returned', left: 'left', of: 'line {line}',
    transferred: 'transferred', draw: 'draw money', giveBack: 'return the rest', amountYuan: 'amount (yuan)',
  },
  roster: {
    revoke: 'Revoke', aid: 'Give aid', standard: 'empty: the category’s standard', ofCategory: 'by category', aidForm: 'Form of support', item: 'What', quantity: 'How many',
    measure: 'Measure', value: 'Worth in all (yuan)', daysLeft: 'Rosters are due on {on}, {days} days left', late: 'Rosters were due on {on}, {days} days ago', lacks: 'Lacks',
    lacksConfirmation: 'confirmation', lacksNotice: 'notice, approval', lacksPayout: 'payout',
    title: 'Roster', approved: 'approved', kept: 'paid', nominated: 'nominated on', confirm: 'confirm chosen', approve: 'approve chosen',
    reject: 'reject chosen', pay: 'pay chosen', notice: 'post a notice', each: 'amount each (yuan)', line: 'fund line', document: 'voucher',
    from: 'from', to: 'to', place: 'place', afterwards: '{line} holds {left} yuan, {after} after signing',
    below: 'the line does not hold enough', pick: 'choose cases first', handout: 'mark received', receivedBy: 'received by', self: 'the recipient', proxy: 'a proxy', authorisation: 'authorisation', inHand: '{unit} has {left} yuan in hand, {after} afterwards', notices: 'notices (to print and scan)',
  },
  states: {
    nominated: 'nominated', confirmed: 'confirmed', 'on-notice': 'on notice', approved: 'approved', rejected: 'rejected',
    revoked: 'revoked', 'paid-in-part': 'paid in part', paid: 'paid', returned: 'returned',
  },
  flags: {
    trend: 'Raised by week', news: '{count} new since your last visit; {sum} yuan under open flags', least: 'at least', beside: 'Dossiers side by side', weight: 'linkage weight {weight} bits',
    nearness: 'Nearness', missing: 'missing', differs: 'differs', level: 'level {level}', purpose: 'what for (goes on record)', reveal: 'See the identities',
    title: 'Flags', rule: 'rule', severity: 'severity', high: 'high', medium: 'medium', low: 'low', amount: 'money (yuan)',
    disposition: 'status', open: 'open', dismissed: 'dismissed', confirmed: 'confirmed', 'in-case': 'in case', subject: 'subject',
    heat: 'units and rules', byRule: 'by rule', evidence: 'evidence, in order', clause: 'clause', history: 'history',
    review: 'review', dismiss: 'dismiss', uphold: 'confirm', raised: 'raised at {position}', list: 'list',
  },
  objection: {
    open: 'Objections to settle', isUpheld: 'It is upheld',
    title: 'Object', hint: 'No login, no name. Keep the number to ask what became of it; contact, if you wish, goes into the text, which officers alone see.',
    whom: 'to whom', text: 'what is wrong', send: 'send', taken: 'received, your number:', follow: 'your number', ask: 'ask', none: 'there is no such number',
    waiting: 'received, not taken down yet', lodged: 'taken down, being looked into', upheld: 'looked into and upheld', dismissed: 'looked into and dismissed',
    inbox: 'objections from the public', lodge: 'take down', settle: 'settle',
  },
  cases: {
    title: 'Cases', name: 'matter', open: 'open', substantiated: 'substantiated', partly: 'partly', unsubstantiated: 'unsubstantiated', close: 'close',
    finding: 'finding', text: 'facts and measures', sanction: 'no support for {unit} next year (A-6)', year: 'year', begin: 'open a case', why: 'why',
  },
  audit: {
    title: 'Audit', slider: 'turn the ledger back to any moment', of: '{position} / {head}', difference: 'difference to now', added: 'added',
    changed: 'changed', removed: 'removed', balance: 'balances', roster: 'roster', flags: 'flags', prove: 'verify one entry',
    statement: 'statement id or position', check: 'verify in this browser', steps: 'steps', leaf: 'leaf hash of the entry', path: 'inclusion proof',
    checkpoint: 'checkpoint signature', signature: 'officer’s signature', ok: 'holds', bad: 'does not hold', before: 'before', after: 'now', key: 'subject',
    bundle: 'Offline: export a bundle on the server, verify it on any computer', command: 'command', ends: 'the log has {size} entries',
  },
  registry: {
    title: 'Registry', units: 'units', officers: 'officers', keys: 'keys', since: 'since', until: 'until', lastUsed: 'last used',
    compromised: 'compromised', inForce: 'in force', level: 'level', parent: 'parent',
  },
  sign: {
    title: 'You are about to sign', text: 'canonical text (what is signed)', button: 'sign and record', signing: 'signing…', receipt: 'recorded',
    receipts: '{count} recorded, {from}–{to}', receiptOne: 'recorded at {position}, {time}', refused: 'refused', check: 'verify',
    refusedOf: '{count} not recorded', noKey: 'the key you signed in with is not in this browser', and: 'and so on, {count} under one signature',
  },
  words: {
    ApprovedForms: 'Approve {forms} for {name}',
    AidDelivered: 'Give {form} to {name}: {item}, worth {value} yuan', Revoked: 'Revoke the {target} of {name}: {reason}', nomination: 'nomination', approval: 'approval',
    IdentityRevealed: 'See the identity of {name} for: {purpose}', ObjectionSettled: 'Objection to {name}: {upheld}, because {reason}',
    BankLineMatched: 'Bank: {name} {amount} yuan, {result}', PayoutReturned: '{amount} yuan of {name} return to their line: {reason}',
    DayReconciled: '{day} {line}: ledger and bank agree on {ledger} yuan', DayDiffers: '{day} {line}: ledger {ledger} yuan, bank {bank} yuan: {reason}',
    DossierFiled: 'file a dossier of {name} ({unit})', Nominated: 'nominate {name}, {amount} yuan asked',
    Confirmed: 'confirm the nomination of {name}', Approved: 'approve {name}, {amount} yuan, line {line}',
    Rejected: 'reject {name}: {reason}', Disbursed: 'pay {name} {amount} yuan, line {line}, voucher {document}',
    HandedOut: '{amount} yuan handed to {name}, who signed for it, line {line}', HandedToProxy: '{amount} yuan handed to the proxy of {name}, authorisation {document}, line {line}',
    MoneyDrawn: '{unit} draws {amount} yuan from {line}, voucher {document}', DrawnReturned: '{unit} returns {amount} yuan not handed out to {line}: {reason}',
    NoticePosted: 'post a notice of {count} persons, {start} to {end}, at {place}',
    CaseOpened: 'open a case: {title}, over {count} flags', CaseClosed: 'close the case {title}: {finding}, {amount} yuan',
    SanctionImposed: 'no support for {unit} in {year}',
    ObjectionLodged: 'take down an objection to {name}: {text}',
    FlagReviewed: 'review of {rule}: {disposition}, {reason}',
  },
  upload: {
    title: 'upload a roster', file: 'roster file', hint: 'Annex 1 or 2 as xlsx, xls, ods or csv; checked cell by cell, nothing is filed before you sign.',
    read: '{good} rows can be filed, {bad} have faults', already: '{count} are nominated already: {names}', cell: 'cell', heading: 'heading',
    found: 'found', row: 'row', go: 'sign {count} rows',
  },
  levels: {
    province: 'province', city: 'city', county: 'county', department: 'department', town: 'town', 'grass-roots': 'grass-roots union', enterprise: 'enterprise',
  },
  timeline: { title: 'Timeline', after: 'after the fact' },
  notice: {
    title: 'Public notice', period: 'period', to: 'to', unit: 'unit', amount: 'amount (yuan)', number: 'no.', print: 'print',
    object: 'Objections: tell this union or the one above it within the period.', seal: '(seal)', missing: 'there is no such notice', people: '{count} persons',
    scan: 'scan for this notice',
  },
  reports: {
    title: 'Reports', 'annex-1': 'Annex 1, enterprises', 'annex-2': 'Annex 2, persons', 'annex-3': 'Annex 3, sums', summary: 'Written summary', xlsx: 'Download Excel',
    total: 'Total', signed: 'Unit (seal):　　　　　　　　In charge:　　　　　　　　Date:　　　　　　',
  },
  checks: {
    title: 'Checks', clean: 'clear', unmet: '{count} not met', unknown: '{count} unknown', earlier: 'helped in {year}', flags: '{count} flags',
    notSaid: 'the dossier or the policy does not say',
  },
  forms: { money: 'money', goods: 'goods', job: 'job', training: 'training', policy: 'policy' },
  byHand: { title: 'Type one', person: 'Person', enterprise: 'Enterprise', already: 'this person is nominated in this campaign already' },
  bank: {
    title: 'The bank', file: 'Bank file', purpose: 'payment by bank', ready: '{count} payouts, {sum} yuan in all', without: '{count} have no account and are not in the file',
    hint: 'The file holds full names and accounts, for the bank alone: delete it after use.', download: 'Download', answer: 'Load the bank’s answer', result: 'Bank says', expected: 'Ledger’s sum',
    paid: 'paid', bounced: 'bounced', different: 'another sum', already: '(recorded before)', match: 'Record {count}', day: 'Day', payouts: 'Payouts',
    ledger: 'Paid by the ledger', booked: 'Booked by the bank', unmatched: 'Open', closed: 'Closed by', close: 'Close the day', bankSum: 'Paid by the bank that day (yuan)',
    explain: 'Explanation of the difference (needed)',
  },
  graph: {
    title: 'What hangs together', hint: 'Click a node to unfold what hangs on it.', more: '“{node}” has too many, only the latest are shown.', picture: 'Save as picture', list: 'As text ({count})',
    unfold: 'unfold {node}', dossier: 'dossier', person: 'same number', account: 'account', phone: 'phone', address: 'address', household: 'household', unit: 'unit',
    officer: 'officer', acted: 'acted', link: 'probably one person ({weight} bits)',
  },
  identity: { person: 'Number', name: 'Name', account: 'Account', phone: 'Phone', address: 'Address', household: 'Household' },
  facts: {
    household_size: 'Household', income_per_head_fen: 'Income a head', subsistence: 'Subsistence', cause: 'Cause', group: 'Group', employment: 'Employment',
    employed_in_county: 'Employed in the county', model_worker: 'Model worker', shop: 'Workshop', dormitory: 'Dormitory', ownership: 'Ownership', stopped_months: 'Months stopped',
    closing: 'Closing', staff_count: 'Staff', died_on: 'Died on',
    illness: 'illness', disaster: 'disaster', 'family-change': 'change in the family', 'both-laid-off': 'both laid off', accident: 'accident', schooling: 'schooling', other: 'other',
    none: 'none', edge: 'on the edge', on: 'on it', employed: 'employed', 'laid-off': 'laid off', 'registered-unemployed': 'registered unemployed', retired: 'retired',
    worker: 'worker', 'migrant-worker': 'migrant worker', 'model-worker': 'model worker', farmer: 'farmer', 'urban-resident': 'urban resident', unemployed: 'unemployed',
    national: 'national', provincial: 'provincial', municipal: 'municipal', state: 'state', collective: 'collective', closure: 'closure', bankruptcy: 'bankruptcy', true: 'yes', false: 'no',
  },
  trouble: { network: 'the server cannot be reached; check the network and try again' },
}

export default en
