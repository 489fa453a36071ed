// %NAME%: answers every request with a greeting. It runs once for each, in the manner of CGI (`wagi` in
// the manifest), which net/http/cgi turns into requests and responses of net/http.
package main

import (
	"fmt"
	"log"
	"net/http"
	"net/http/cgi"
)

func handle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("content-type", "text/plain")
	fmt.Fprintln(w, "Hello from %NAME%")
}

func main() {
	if err := cgi.Serve(http.HandlerFunc(handle)); err != nil {
		log.Fatal(err)
	}
}
