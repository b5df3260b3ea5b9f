/** Whether the ledger answers: every request says so, and pages that work without a line go by it. */

import { reactive } from 'vue'

export const line = reactive({ up: true })
