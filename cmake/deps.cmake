# Libraries: found with pkg-config; the engine and llhttp are prepared by tools/ and cached outside
# the tree. `withy_deps` carries them all.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(XXHASH REQUIRED libxxhash) # its header alone
pkg_check_modules(PQ REQUIRED libpq)         # headers alone: loaded at the first use
pkg_check_modules(MARIADB REQUIRED libmariadb) # likewise
if(WITHY_TESTS)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS engine/Cargo.toml engine/Cargo.lock
             engine/src/lib.rs tools/engine-build tools/llhttp-fetch
             tools/llama-build)
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/engine-build
                OUTPUT_VARIABLE ENGINE_DIR OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/llhttp-fetch
                OUTPUT_VARIABLE LLHTTP_DIR OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)

# A program links the archives where the system has them: looking up and relocating three shared
# libraries is a third of the start of a small component. libwithy.so links the shared ones.
option(WITHY_SHARED_DEPS "Link programs with the system's shared libraries" OFF)
function(choose_archive variable shared)
  find_library(${variable} NAMES ${ARGN} NO_CACHE)
  set(choice ${shared})
  if(${variable} AND NOT WITHY_SHARED_DEPS)
    set(choice $<IF:$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>,${${variable}},${shared}>)
  endif()
  set(${variable} ${choice} PARENT_SCOPE)
endfunction()
choose_archive(UV_CHOICE PkgConfig::UV libuv_a.a libuv.a)
choose_archive(SQLITE_CHOICE PkgConfig::SQLITE libsqlite3.a)
choose_archive(SSL_CHOICE PkgConfig::SSL libssl.a) # of the tests' TLS server; the command opens libssl itself
choose_archive(JANSSON_CHOICE PkgConfig::JANSSON libjansson.a)
choose_archive(ZLIB_CHOICE PkgConfig::ZLIB libz.a)
choose_archive(CRYPTO_CHOICE PkgConfig::CRYPTO libcrypto.a)
choose_archive(HIREDIS_CHOICE PkgConfig::HIREDIS libhiredis.a)

find_library(ENGINE_LIBRARY NAMES withy_engine wasmtime PATHS ${ENGINE_DIR}/lib NO_DEFAULT_PATH
             NO_CACHE REQUIRED)

add_library(llhttp STATIC ${LLHTTP_DIR}/src/api.c ${LLHTTP_DIR}/src/http.c
                          ${LLHTTP_DIR}/src/llhttp.c)
target_include_directories(llhttp SYSTEM PUBLIC ${LLHTTP_DIR}/include)

add_library(withy_deps INTERFACE)
# Weak references (a prebuilt engine lacks these functions) do not pull them out of an archive.
set(ENGINE_PULL)
if(ENGINE_LIBRARY MATCHES "\\.a$")
  set(ENGINE_PULL -Wl,-u,withy_engine_store_limits -Wl,-u,withy_engine_pagemap_scan)
  target_link_options(withy_deps INTERFACE ${ENGINE_PULL})
endif()
target_include_directories(withy_deps SYSTEM INTERFACE ${ENGINE_DIR}/include ${PQ_INCLUDE_DIRS}
                           ${MARIADB_INCLUDE_DIRS})
target_link_libraries(withy_deps INTERFACE ${ENGINE_LIBRARY} llhttp ${UV_CHOICE}
                      ${SQLITE_CHOICE} ${CRYPTO_CHOICE} ${HIREDIS_CHOICE} ${JANSSON_CHOICE} ${ZLIB_CHOICE}
                      Threads::Threads
                      ${CMAKE_DL_LIBS} m)

# llama.cpp, an option: archives made by tools/llama-build, and the library of C++ that they need.
if(WITHY_LLM)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/llama-build
                  OUTPUT_VARIABLE LLAMA_DIR OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libstdc++.a
                  OUTPUT_VARIABLE STDCXX OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  set(LLAMA_LIBRARIES)
  foreach(name llama ggml ggml-cpu ggml-base)
    list(APPEND LLAMA_LIBRARIES ${LLAMA_DIR}/lib/lib${name}.a)
  endforeach()
  target_include_directories(withy_deps SYSTEM INTERFACE ${LLAMA_DIR}/include)
  target_link_libraries(withy_deps INTERFACE ${LLAMA_LIBRARIES} ${STDCXX} m)
endif()
