// Plotly's script, once a page; the document that the page began with loads it already.
function library(address) {
  window.ntkUqPlotly ??= new Promise((done, failed) => {
    if (window.Plotly) return done(window.Plotly)
    let script = document.getElementById("ntk-uq-plotly")
    if (!script) {
      script = document.createElement("script")
      script.src = `${base()}/${address}`
      document.head.append(script)
    }
    script.addEventListener("load", () => done(window.Plotly))
    script.addEventListener("error", () => failed(new Error(`${address} could not be loaded`)))
  }).catch(error => { window.ntkUqPlotly = undefined; throw error })
  return window.ntkUqPlotly
}

// Where the app lies: behind a proxy, below a path of its own. Its own script says where.
function base() {
  const script = document.querySelector("script[src*='static/js/']")
  return script ? new URL(script.src).pathname.replace(/\/static\/js\/.*$/, "") : ""
}
