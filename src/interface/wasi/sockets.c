/* wasi:sockets: without functions. The interfaces are offered so that components which merely link
 * a socket library load; calling any of their functions traps with its name. */
#include "gen/wasi_sockets_instance_network.h"
#include "gen/wasi_sockets_ip_name_lookup.h"
#include "gen/wasi_sockets_network.h"
#include "gen/wasi_sockets_tcp.h"
#include "gen/wasi_sockets_tcp_create_socket.h"
#include "gen/wasi_sockets_udp.h"
#include "gen/wasi_sockets_udp_create_socket.h"

static const wasi_sockets_network_ops network_ops;
static const wasi_sockets_instance_network_ops instance_network_ops;
static const wasi_sockets_ip_name_lookup_ops ip_name_lookup_ops;
static const wasi_sockets_tcp_ops tcp_ops;
static const wasi_sockets_tcp_create_socket_ops tcp_create_socket_ops;
static const wasi_sockets_udp_ops udp_ops;
static const wasi_sockets_udp_create_socket_ops udp_create_socket_ops;

const wy_interface wy_interface_wasi_sockets_network = {&wasi_sockets_network_interface,
                                                        &network_ops};
const wy_interface wy_interface_wasi_sockets_instance_network = {
    &wasi_sockets_instance_network_interface, &instance_network_ops};
const wy_interface wy_interface_wasi_sockets_ip_name_lookup = {
    &wasi_sockets_ip_name_lookup_interface, &ip_name_lookup_ops};
const wy_interface wy_interface_wasi_sockets_tcp = {&wasi_sockets_tcp_interface, &tcp_ops};
const wy_interface wy_interface_wasi_sockets_tcp_create_socket = {
    &wasi_sockets_tcp_create_socket_interface, &tcp_create_socket_ops};
const wy_interface wy_interface_wasi_sockets_udp = {&wasi_sockets_udp_interface, &udp_ops};
const wy_interface wy_interface_wasi_sockets_udp_create_socket = {
    &wasi_sockets_udp_create_socket_interface, &udp_create_socket_ops};
