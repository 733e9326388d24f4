"""Starts the router for the tests of a client."""

import json, subprocess, tempfile, urllib.request

with tempfile.TemporaryDirectory() as data:
    command = ["npx", "wamp-edge", "serve", "--port", "0", "--json", "--data", data]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        # One line, once the router is ready; an empty one if it has not started.
        router = json.loads(process.stdout.readline())
        print("WebSocket clients connect to", router["websocket"] + "shop")
        with urllib.request.urlopen(router["url"] + "healthz") as response:
            print(response.read().decode())
    finally:
        process.terminate()
        process.wait()
