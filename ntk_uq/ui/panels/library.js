// Plotly's script, once a page; under an address with its version, so that a copy is as good.
function library(address) {
  window.ntkUqPlotly ??= fetch(base() + address, { cache: "force-cache" })
    .then(answer => {
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`)
      return answer.text()
    })
    .then(text => new Promise((done, failed) => {
      const script = document.createElement("script")
      script.src = URL.createObjectURL(new Blob([text], { type: "text/javascript" }))
      script.onload = () => done(window.Plotly)
      script.onerror = failed
      document.head.append(script)
    }))
    .catch(error => { window.ntkUqPlotly = undefined; throw error })
  return window.ntkUqPlotly
}

// Where the app lies: behind a proxy, below a path of its own. Its own script says where.
function base() {
  const script = document.querySelector("script[src*='static/js/']")
  return script ? new URL(script.src).pathname.replace(/\/static\/js\/.*$/, "") : ""
}
