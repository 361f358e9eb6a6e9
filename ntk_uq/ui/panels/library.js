// Plotly's script, once a page; the document that the page began with has asked for it already.
function library(address) {
  window.ntkUqPlotly ??= new Promise((done, failed) => {
    const script = document.createElement("script")
    script.src = `${base()}/${address}`
    script.onload = () => done(window.Plotly)
    script.onerror = () => failed(new Error(`${address} could not be loaded`))
    document.head.append(script)
  }).catch(error => { window.ntkUqPlotly = undefined; throw error })
  return window.ntkUqPlotly
}

// Where the app lies: behind a proxy, below a path of its own. Its own script says where.
function base() {
  const script = document.querySelector("script[src*='static/js/']")
  return script ? new URL(script.src).pathname.replace(/\/static\/js\/.*$/, "") : ""
}
