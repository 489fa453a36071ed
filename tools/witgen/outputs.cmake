# What witgen prints: the interfaces of which the host has the types, each as NAME[=PREFIX] and its C
# prefix. One patch version stands for all versions compatible with it.
set(WITGEN_WIT
    wit/wasi-0.2
    wit/spin/spin@2.0.0
    wit/spin/spin@unversioned
    wit/spin/spin-sqlite@3.0.0
    wit/spin/spin-postgres@3.0.0
    wit/spin/spin-postgres@4.1.0
    wit/spin/keyvalue-2024-10-17
    wit/spin/wasi-runtime-config-2024-09-27
    wit/wasmcloud)

# witgen_interfaces(PACKAGE VERSION PREFIX INTERFACE...)
set(WITGEN_INTERFACES)
set(WITGEN_PREFIXES wit)
function(witgen_interfaces package version prefix)
  foreach(interface ${ARGN})
    string(REPLACE "-" "_" c_name ${prefix}_${interface})
    list(APPEND WITGEN_INTERFACES ${package}/${interface}@${version}=${c_name})
    list(APPEND WITGEN_PREFIXES ${c_name})
  endforeach()
  set(WITGEN_INTERFACES ${WITGEN_INTERFACES} PARENT_SCOPE)
  set(WITGEN_PREFIXES ${WITGEN_PREFIXES} PARENT_SCOPE)
endfunction()

witgen_interfaces(wasi:io 0.2.12 wasi_io error poll streams)
witgen_interfaces(wasi:clocks 0.2.12 wasi_clocks monotonic-clock wall-clock timezone)
witgen_interfaces(wasi:random 0.2.12 wasi_random random insecure insecure-seed)
witgen_interfaces(wasi:cli 0.2.12 wasi_cli environment exit run stdin stdout stderr terminal-input
                  terminal-output terminal-stdin terminal-stdout terminal-stderr)
witgen_interfaces(wasi:filesystem 0.2.12 wasi_filesystem types preopens)
witgen_interfaces(wasi:sockets 0.2.12 wasi_sockets network instance-network ip-name-lookup tcp
                  tcp-create-socket udp udp-create-socket)
witgen_interfaces(wasi:http 0.2.12 wasi_http types incoming-handler outgoing-handler)

witgen_interfaces(fermyon:spin 2.0.0 fermyon_spin key-value variables sqlite llm redis rdbms-types
                  postgres mysql mqtt)

witgen_interfaces(spin:sqlite 3.0.0 spin_sqlite sqlite)
witgen_interfaces(spin:postgres 3.0.0 spin_postgres postgres)
witgen_interfaces(spin:postgres 4.1.0 spin_postgres_fourth postgres)

# The first interfaces of Spin have no version.
foreach(interface config key-value http-types http inbound-http redis-types redis inbound-redis rdbms-types postgres
                  mysql sqlite llm)
  string(REPLACE "-" "_" c_name fermyon_spin_first_${interface})
  list(APPEND WITGEN_INTERFACES fermyon:spin/${interface}=${c_name})
  list(APPEND WITGEN_PREFIXES ${c_name})
endforeach()

# Two drafts under one name: the later one has the plain prefix.
witgen_interfaces(wasi:keyvalue 0.2.0-draft2 wasi_keyvalue store atomics batch watcher)
witgen_interfaces(wasi:keyvalue 0.2.0-draft wasi_keyvalue_draft store atomics batch watcher)
witgen_interfaces(wasi:config 0.2.0-draft-2024-09-27 wasi_config store)
witgen_interfaces(wasi:config 0.2.0-draft wasi_config_draft store)
witgen_interfaces(wasi:logging 0.1.0-draft wasi_logging logging)

foreach(prefix ${WITGEN_PREFIXES})
  list(APPEND WITGEN_OUTPUTS ${GEN_DIR}/${prefix}.c ${GEN_DIR}/${prefix}.h)
endforeach()
set(WITGEN_FILES)
foreach(path ${WITGEN_WIT})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${path}/*.wit)
  list(APPEND WITGEN_FILES ${files})
endforeach()

file(MAKE_DIRECTORY ${GEN_DIR})
# The stamp is the output, so that files which witgen leaves alone (their content is as before) do not
# rebuild what includes them.
add_custom_command(
  OUTPUT ${GEN_DIR}/witgen.stamp
  BYPRODUCTS ${WITGEN_OUTPUTS}
  COMMAND witgen --out ${GEN_DIR} --wit ${WITGEN_WIT} --interface ${WITGEN_INTERFACES}
  COMMAND ${CMAKE_COMMAND} -E touch ${GEN_DIR}/witgen.stamp
  DEPENDS witgen ${WITGEN_FILES} ${CMAKE_CURRENT_LIST_FILE}
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  COMMENT "Printing C types from wit/"
  VERBATIM)
list(APPEND WITGEN_OUTPUTS ${GEN_DIR}/witgen.stamp)
