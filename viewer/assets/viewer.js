import { followAsk } from "./ask.js"
import { celebrate } from "./celebrate.js"
import { followCharts } from "./charts.js"
import { followDeeds } from "./deeds.js"
import { followDrafts } from "./drafts.js"
import { followDrawer } from "./drawer.js"
import { followKept } from "./kept.js"
import { followKeys } from "./keys.js"
import { showLater } from "./later.js"
import { followLive } from "./live.js"
import { followReasons } from "./reasons.js"
import { followRun } from "./run.js"
import { followTable } from "./table.js"
import { followTimes } from "./times.js"
import { followView } from "./view.js"
import { waitForAnswer } from "./wait.js"

followTable()
followTimes()
showLater(document)
followReasons()
followDrawer()
followDrafts()
followDeeds()
followKeys()
followLive()
followKept()
followRun()
celebrate()
followCharts()
followAsk()
followView()
waitForAnswer()
