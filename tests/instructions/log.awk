# Writes LINES lines of the Combined format, 500 a second from 2025-01-01T00:00:00Z on: the same
# ones on every machine. The numbers are those of a linear congruential generator whose products
# stay exact in a double.
BEGIN {
    sections = split("pages products api blog images static cart search users admin", section, " ")
    statuses = split("200 200 200 200 200 200 301 304 404 500", status, " ")
    methods = split("GET GET GET GET POST HEAD", method, " ")
    agents = split("curl/8.8.0|Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0|" \
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36",
        agent, "|")
    for (line = 0; line < LINES; line++) {
        second = int(line / 500)
        printf "203.0.113.%d - - [01/Jan/2025:%02d:%02d:%02d +0000] \"%s /%s/%d HTTP/1.1\" %d %d \"-\" \"%s\"\n",
            below(250) + 1, int(second / 3600), int(second / 60) % 60, second % 60,
            method[below(methods) + 1], section[below(sections) + 1], below(400),
            status[below(statuses) + 1], below(60000), agent[below(agents) + 1]
    }
}
function below(limit) {
    state = (state * 16807 + 11) % 2147483647
    return int(state / 7) % limit
}
