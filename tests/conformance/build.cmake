# The conformance runner: build/conformance DIR... As a test it runs over the suites where they are
# at hand (WITHY_CONFORMANCE names their folder; else shared/conformance beside the source tree).
if(WITHY_TESTS)
  pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
  file(GLOB CONFORMANCE_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/conformance/*.c)
  add_executable(conformance ${CONFORMANCE_SOURCES})
  target_link_libraries(conformance PRIVATE withy_static PkgConfig::JANSSON)
  target_compile_definitions(conformance PRIVATE WITHY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  # The project's own: each rule of decoder and validator, with the words of its refusal.
  add_test(NAME conformance_rules COMMAND conformance ${CMAKE_SOURCE_DIR}/tests/conformance/rules)
  # Linking and calls between components, with and without what the plan saves.
  set(LINKING_DIR ${CMAKE_SOURCE_DIR}/tests/conformance/linking)
  add_test(NAME conformance_linking COMMAND conformance ${LINKING_DIR})
  add_test(NAME conformance_linking_with_shims COMMAND conformance ${LINKING_DIR} --keep-shims)
  set_tests_properties(conformance_rules conformance_linking conformance_linking_with_shims
                       PROPERTIES TIMEOUT 1200)
  set(CONFORMANCE_DIR ${CMAKE_SOURCE_DIR}/../shared/conformance)
  if(DEFINED ENV{WITHY_CONFORMANCE})
    set(CONFORMANCE_DIR $ENV{WITHY_CONFORMANCE})
  endif()
  if(EXISTS ${CONFORMANCE_DIR}/component-model/levels.json)
    add_test(NAME conformance COMMAND conformance ${CONFORMANCE_DIR}/component-model
                                      ${CONFORMANCE_DIR}/wasm-tools-cli --level P2 --min-percent 100)
    # Eliminating shims changes no verdict.
    add_test(NAME conformance_with_shims
             COMMAND conformance ${CONFORMANCE_DIR}/component-model
                     ${CONFORMANCE_DIR}/wasm-tools-cli --level P2 --min-percent 100 --keep-shims)
    set_tests_properties(conformance conformance_with_shims PROPERTIES TIMEOUT 1200)
  endif()
endif()
