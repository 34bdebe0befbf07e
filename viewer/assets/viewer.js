import { celebrate } from "./celebrate.js"
import { followDrawer } from "./drawer.js"
import { followKeys } from "./keys.js"
import { followLive } from "./live.js"
import { followReasons } from "./reasons.js"
import { followTable } from "./table.js"
import { followTimes } from "./times.js"

followTable()
followTimes()
followReasons()
followDrawer()
followKeys()
followLive()
celebrate()
