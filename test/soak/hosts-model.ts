import { startRehearsalModel } from "../../src/rehearsal/model.ts"

// A model's server on the machine of one host, so that what a real one would cost is counted there.
const model = await startRehearsalModel({ msPerReply: 60 })
console.log(JSON.stringify({ url: model.url, key: model.key }))
